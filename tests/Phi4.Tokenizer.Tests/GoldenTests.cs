// SPDX-License-Identifier: MIT
using System.Security.Cryptography;
using System.Text;
using Phi4.Tokenizer.Tests.Support;

namespace Phi4.Tokenizer.Tests;

/// <summary>Every row of the reference ids, in every mode.</summary>
internal sealed class GoldenTests
{
    private static readonly (string Name, Func<Phi4Tokenizer> Make, string File, int Rows)[] Sources =
    [
        ("tokenizer.json", () => Tokenizers.Phi4, "phi4_cl100k.jsonl", 2201),
        ("cl100k ranks", () => Phi4Tokenizer.FromRanks(Tokenizers.Cl100kRanks, PreTokenizerPattern.Cl100k, AddedToken.Phi4), "phi4_cl100k.jsonl", 2201),
        ("cl100k possessive", () => Phi4Tokenizer.FromRanks(Tokenizers.Cl100kRanks, PreTokenizerPattern.Cl100kPossessive, AddedToken.Phi4), "phi4_cl100k.jsonl", 2201),
        ("chat texts", () => Tokenizers.Phi4, "phi4_chat.jsonl", 87),
        ("o200k ranks", () => Tokenizers.O200k, "o200k.jsonl", 356),
    ];

    private static IEnumerable<TestCaseData> Cases() => Sources.Select(source => new TestCaseData(source.Make, source.File, source.Rows).SetArgDisplayNames(source.Name));

    [TestCaseSource(nameof(Cases))]
    public void Encode_EveryRowInEveryMode_GivesTheReferenceIds(Func<Phi4Tokenizer> make, string file, int rowCount)
    {
        Phi4Tokenizer tokenizer = make();
        List<GoldenRow> rows = GoldenRow.Read(file);
        Assert.That(rows, Has.Count.EqualTo(rowCount));
        List<string> wrong = [];
        foreach (GoldenRow row in rows)
        {
            foreach (string text in new[] { row.Text, row.Raw }.Distinct())
            {
                Compare(wrong, row, "parse", tokenizer.Encode(text, SpecialTokenHandling.Parse), row.Ids);
                Compare(wrong, row, "text", tokenizer.Encode(text), row.Plain);
                Compare(wrong, row, "strip", tokenizer.Encode(text, SpecialTokenHandling.Strip), row.HuggingFace);
            }
        }

        Assert.That(wrong, Is.Empty, string.Join('\n', wrong.Take(20)));
    }

    [TestCaseSource(nameof(Cases))]
    public void Decode_EveryRow_GivesTheTextBack(Func<Phi4Tokenizer> make, string file, int rowCount)
    {
        Phi4Tokenizer tokenizer = make();
        List<GoldenRow> rows = GoldenRow.Read(file);
        Assert.That(rows, Has.Count.EqualTo(rowCount));
        foreach (GoldenRow row in rows)
        {
            Assert.That(tokenizer.Decode(row.Ids), Is.EqualTo(row.Text), row.ToString());
            Assert.That(tokenizer.Decode(row.Plain), Is.EqualTo(row.Text), row.ToString());
            byte[] bytes = new byte[Encoding.UTF8.GetByteCount(row.Text)];
            Assert.That(tokenizer.TryDecode(row.Ids, bytes, out int byteCount), Is.True);
            Assert.That(byteCount, Is.EqualTo(bytes.Length));
            Assert.That(Encoding.UTF8.GetString(bytes), Is.EqualTo(row.Text), row.ToString());
        }
    }

    [TestCase("cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7")]
    [TestCase("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d")]
    public void Ranks_AsPutTogetherForTests_AreThePublishedFiles(string encoding, string sha256)
    {
        byte[] ranks = encoding == "o200k_base" ? Tokenizers.O200kRanks : Tokenizers.Cl100kRanks;
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(ranks)), Is.EqualTo(sha256));
    }

    private static void Compare(List<string> wrong, GoldenRow row, string mode, int[] found, int[] expected)
    {
        if (!found.AsSpan().SequenceEqual(expected))
        {
            int at = found.AsSpan().CommonPrefixLength(expected);
            wrong.Add($"{row}, {mode}: differs at {at}: expected {Some(expected, at)}, found {Some(found, at)}");
        }
    }

    private static string Some(int[] ids, int at) => string.Join(' ', ids.Skip(at).Take(8));
}
