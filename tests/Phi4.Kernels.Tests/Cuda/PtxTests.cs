// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using Phi4.TestSupport;

namespace Phi4.Kernels.Tests.Cuda;

/// <summary>What the compiled kernels are, read back by <c>tools/cuda/check-ptx.sh</c>. Nothing to read where no compiler made them.</summary>
[TestFixture]
internal sealed class PtxTests
{
    private static readonly string Built = Repository.PathTo("artifacts", "cuda");

    private static bool IsBuilt => !OperatingSystem.IsWindows() && File.Exists(Path.Combine(Built, "kernels.hash"));

    [Test]
    public void Ptx_OfThisBuild_IsAsIntended()
    {
        Assume.That(IsBuilt, "No compiler for CUDA kernels was found: this build made no PTX.");

        (int status, string text) = Check(Built);
        TestContext.Out.WriteLine(text);
        Assert.That(status, Is.Zero, text);
    }

    [TestCase(".target sm_80", ".target sm_75", "target is")]
    [TestCase("mma.sync", "mma.gone", "expected at least")]
    [TestCase("cp.async.cg", "cp.async.gone", "expected at least")]
    [TestCase("\tbar.sync", "\t.local .b8 __local_depot0[16];\n\tbar.sync", "local memory")]
    [TestCase("\tbar.sync", "\tcall.uni erff;\n\tbar.sync", "calls a function")]
    [TestCase("wgmma.mma_async", "wgmma.gone", "0 wgmma", "90a")]
    [TestCase("cp.async.bulk.tensor", "cp.async.gone", "0 tensor copies", "90a")]
    public void Ptx_Spoiled_IsFound(string part, string spoiled, string complaint, string architecture = "80")
    {
        Assume.That(IsBuilt, "No compiler for CUDA kernels was found: this build made no PTX.");

        string folder = Directory.CreateTempSubdirectory("phi4-ptx").FullName;
        string name = $"kernels.sm_{architecture}.ptx.gz";
        try
        {
            string ptx = Unpack(Path.Combine(Built, name));
            Assert.That(ptx, Does.Contain(part));
            Pack(ptx.Replace(part, spoiled, StringComparison.Ordinal), Path.Combine(folder, name));
            (int status, string text) = Check(folder);
            Assert.Multiple(() =>
            {
                Assert.That(status, Is.Not.Zero);
                Assert.That(text, Does.Contain("FAILED").And.Contain(complaint));
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (int Status, string Text) Check(string folder)
    {
        var start = new ProcessStartInfo("bash", [Repository.PathTo("tools", "cuda", "check-ptx.sh"), folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, string.Create(CultureInfo.InvariantCulture, $"{text}{errors.Result}"));
    }

    private static string Unpack(string path)
    {
        using var packed = new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        return reader.ReadToEnd();
    }

    private static void Pack(string text, string path)
    {
        using var packed = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Fastest);
        using var writer = new StreamWriter(packed);
        writer.Write(text);
    }
}
