// SPDX-License-Identifier: MIT
using System.IO.Compression;
using Phi4.TestSupport;

namespace Phi4.Cli.Tests;

/// <summary>The models and tokenizers that these tests run on.</summary>
internal static class TestModels
{
    private static readonly Lazy<string> LazyTokenizer = new(Unpack);

    /// <summary>Random weights, reference logits, no tokenizer.</summary>
    public static string Tiny => Goldens.Model("tiny-phi4");

    /// <summary>Trained, with tokenizer and chat format.</summary>
    public static string Sample => Repository.PathTo("samples", "phi4-sample");

    /// <summary>A tokenizer.json in the shape of phi-4's own, unpacked once.</summary>
    public static string Tokenizer => LazyTokenizer.Value;

    private static string Unpack()
    {
        string folder = Directory.CreateTempSubdirectory("phi4-cli-tokenizer-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        string path = Path.Combine(folder, "tokenizer.json");
        using var packed = new GZipStream(File.OpenRead(Goldens.Tokenizer("phi4-shaped-tokenizer.json.gz")), CompressionMode.Decompress);
        using FileStream file = File.Create(path);
        packed.CopyTo(file);
        return path;
    }
}
