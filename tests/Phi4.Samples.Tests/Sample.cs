// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text;
using Phi4.TestSupport;

namespace Phi4.Samples.Tests;

/// <summary>A program of samples/, run as it was built, on the sample model.</summary>
internal static class Sample
{
    /// <summary>Project names, from the disk.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(Repository.PathTo("samples"), "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>What it prints; fails the test where it takes more than a minute or ends with an error.</summary>
    public static async Task<string> RunAsync(string name, string input = "")
    {
        using Process process = Start(name);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        Assert.That(process.ExitCode, Is.Zero, await errors);
        return (await output).ReplaceLineEndings("\n");
    }

    /// <summary>Starts it with all streams piped; the caller ends it.</summary>
    public static Process Start(string name, params string[] more)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string program = Repository.PathTo("artifacts", "bin", name, configuration, name + ".dll");
        var start = new ProcessStartInfo("dotnet", [program, Repository.PathTo("samples", "phi4-sample"), .. more])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // the runtime's own socket, for debuggers
        return Process.Start(start)!;
    }
}
