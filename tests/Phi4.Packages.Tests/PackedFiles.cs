// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.IO.Compression;
using Phi4.TestSupport;

namespace Phi4.Packages.Tests;

/// <summary>Packs every shipped project once, as it was built, into a folder of its own.</summary>
[SetUpFixture]
internal sealed class PackedFiles
{
    private static readonly string Folder = Path.Combine(Path.GetTempPath(), $"phi4-packages-{Environment.ProcessId}");

    public static IReadOnlyList<string> Ids { get; } =
        [.. Directory.GetFiles(Repository.PathTo("src"), "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).OfType<string>()
            .Select(name => name == "Phi4.Cli" ? "phi4" : name).Order(StringComparer.Ordinal)];

    public static ZipArchive Open(string id, string extension = ".nupkg")
    {
        string[] files = Directory.GetFiles(Folder, $"{id}.?.*{extension}");
        Assert.That(files, Has.Length.EqualTo(1), $"{id}{extension}: {string.Join(", ", files)}");
        return ZipFile.OpenRead(files[0]);
    }

    [OneTimeSetUp]
    public void Pack()
    {
        // Not built again: what is packed is what the other tests judge.
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name is "debug" ? "Debug" : "Release";
        var start = new ProcessStartInfo(
            "dotnet",
            ["pack", Repository.PathTo("src", "packages.proj"), "-c", configuration, "-o", Folder, "--no-build", "--no-restore", "-v", "quiet", "--nologo", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output + errors.Result);
        Assert.That(output.Trim(), Is.Empty, "packing has warnings");
    }

    [OneTimeTearDown]
    public void Remove()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
