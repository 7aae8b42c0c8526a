// SPDX-License-Identifier: MIT
using System.IO.Compression;
using System.Reflection;
using System.Text;
using Phi4.TestSupport;

namespace Phi4.Tokenizer.Tests.Support;

/// <summary>The tokenizers that tests share.</summary>
internal static class Tokenizers
{
    private static readonly Lazy<byte[]> LazyPhi4Json = new(() =>
    {
        using var packed = new GZipStream(File.OpenRead(Goldens.Tokenizer("phi4-shaped-tokenizer.json.gz")), CompressionMode.Decompress);
        using var content = new MemoryStream();
        packed.CopyTo(content);
        return content.ToArray();
    });

    private static readonly Lazy<byte[]> LazyCl100kRanks = new(() => Ranks("Cl100kBase", "cl100k_base"));
    private static readonly Lazy<byte[]> LazyO200kRanks = new(() => Ranks("O200kBase", "o200k_base"));
    private static readonly Lazy<Phi4Tokenizer> LazyPhi4 = new(() => Phi4Tokenizer.FromTokenizerJson(Phi4Json));

    // The goldens' assumption for o200k: both specials strip on both sides.
    private static readonly Lazy<Phi4Tokenizer> LazyO200k = new(() => Phi4Tokenizer.FromRanks(
        O200kRanks, PreTokenizerPattern.O200k, [.. AddedToken.O200k.Select(token => token with { LeftStrip = true, RightStrip = true })]));

    public static byte[] Phi4Json => LazyPhi4Json.Value;

    public static byte[] Cl100kRanks => LazyCl100kRanks.Value;

    public static byte[] O200kRanks => LazyO200kRanks.Value;

    public static Phi4Tokenizer Phi4 => LazyPhi4.Value;

    public static Phi4Tokenizer O200k => LazyO200k.Value;

    // The packages hold the tokens alone, in the order of their ranks; the ranks are put back here.
    private static byte[] Ranks(string package, string encoding)
    {
        Assembly assembly = Assembly.Load($"Microsoft.ML.Tokenizers.Data.{package}");
        using Stream resource = assembly.GetManifestResourceStream($"{encoding}.tiktoken.deflate")!;
        using var reader = new StreamReader(new DeflateStream(resource, CompressionMode.Decompress), Encoding.UTF8);
        var ranks = new StringBuilder();
        int rank = 0;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && !line.StartsWith("Capacity", StringComparison.Ordinal))
            {
                ranks.Append(line.Split(' ')[0]).Append(' ').Append(rank++).Append('\n');
            }
        }

        return Encoding.UTF8.GetBytes(ranks.ToString());
    }
}
