// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text;

namespace Phi4.Stranger;

/// <summary>What a program did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="FirstLine">From its start to its first line.</param>
internal sealed record Outcome(int ExitCode, string Out, string Error, TimeSpan FirstLine)
{
    /// <summary>The last words of both streams, for who has to find out what went wrong.</summary>
    public string Tail => string.Join('\n', (Out + "\n" + Error).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(15));
}

/// <summary>Runs programs, with no terminal.</summary>
internal static class Child
{
    public static Outcome Run(string folder, string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };

        // A stranger's machine knows nothing of this build.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name is "CI").ToArray())
            start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";

        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string? line = process.StandardOutput.ReadLine();
        TimeSpan firstLine = Stopwatch.GetElapsedTime(begin);
        string rest = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, line is null ? "" : $"{line}\n{rest}", errors.Result, firstLine);
    }

    /// <summary>As <see cref="Run"/>, and an exit code that is not zero is an error that shows the program's last words.</summary>
    public static Outcome Must(string folder, string program, params string[] args)
    {
        Outcome outcome = Run(folder, program, args);
        return outcome.ExitCode == 0
            ? outcome
            : throw new InvalidOperationException($"{program} {string.Join(' ', args)} ended with {outcome.ExitCode}:\n{outcome.Tail}");
    }
}
