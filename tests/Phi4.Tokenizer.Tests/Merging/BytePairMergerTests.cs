// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text;
using CsCheck;
using Phi4.TestSupport;
using Phi4.Tokenizer.Merging;
using Phi4.Tokenizer.Tests.Support;
using Phi4.Tokenizer.Vocabularies;

namespace Phi4.Tokenizer.Tests.Merging;

internal sealed class BytePairMergerTests
{
    private const int Megabyte = 1 << 20;

    private static readonly MergeRules Phi4Rules = TokenizerJsonReader.Read("phi-4", Tokenizers.Phi4Json, []).Rules;
    private static readonly MergeRules SampleRules =
        TokenizerFolder.ReadFile(Repository.PathTo("samples", "phi4-sample", "tokenizer.json")).Rules;

    private static readonly string[] Alphabets = ["a", "ab", " ", "\n", "!", "=-", "etaoin shrdlu", "\u65E5\u672C\u8A9E\u306E", "0123456789abcdef", "\u00E9\u00E8"];

    // A rule set in which a merge makes a pair of a lower rank: c+d first makes X, and a+X then comes before the rest of c+d.
    private static readonly MergeRules Unordered = MakeUnordered();

    private static IEnumerable<TestCaseData> RuleSets() =>
        [new TestCaseData(Phi4Rules).SetArgDisplayNames("phi-4"), new TestCaseData(SampleRules).SetArgDisplayNames("sample"), new TestCaseData(Unordered).SetArgDisplayNames("unordered")];

    [TestCaseSource(nameof(RuleSets))]
    public void Merge_RandomPieces_EqualsTheDefinition(object rules)
    {
        Gen<string> pieces = Gen.OneOf<string>([.. Alphabets, "abcd"]).SelectMany(alphabet => Gen.Char[alphabet].Array[1, 300].Select(chars => new string(chars)));
        pieces.Sample(
            text =>
            {
                byte[] piece = Encoding.UTF8.GetBytes(text);
                int[] expected = NaiveMerger.Merge((MergeRules)rules, piece);
                return Merge((MergeRules)rules, piece, always: false).SequenceEqual(expected) && Merge((MergeRules)rules, piece, always: true).SequenceEqual(expected);
            },
            iter: 1500);
    }

    [TestCase("a")]
    [TestCase(" ")]
    [TestCase("\n")]
    [TestCase("!")]
    [TestCase("7")]
    [TestCase("=-")]
    [TestCase("\u65E5")]
    [TestCase("letters")]
    public void Encode_OneMegabyteWithoutASplit_TakesUnderHalfASecond(string kind)
    {
        string text = kind == "letters" ? Texts.Letters(Megabyte, 12345) : string.Concat(Enumerable.Repeat(kind, Megabyte / kind.Length));
        Tokenizers.Phi4.Count(text.AsSpan(0, Megabyte / 16));

        // A busy neighbour may take the processor away: the best of three tells the work.
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < 3 && best.TotalSeconds >= 0.5; i++)
        {
            var clock = Stopwatch.StartNew();
            int count = Tokenizers.Phi4.Count(text);
            best = clock.Elapsed < best ? clock.Elapsed : best;
            Assert.That(count, Is.Positive);
        }

        TestContext.Out.WriteLine($"{kind.Replace("\n", "newline")}: {best.TotalMilliseconds:F0} ms");
        Assert.That(best.TotalSeconds, Is.LessThan(0.5));
    }

    private static int[] Merge(MergeRules rules, byte[] piece, bool always)
    {
        var ids = new TokenBuffer(16);
        if (always)
        {
            LongPieceMerger.Merge(rules, piece, ref ids);
        }
        else
        {
            BytePairMerger.Merge(rules, piece, ref ids);
        }

        int[] found = ids.Ids.ToArray();
        ids.Dispose();
        return found;
    }

    private static MergeRules MakeUnordered()
    {
        int[] byteIds = [.. Enumerable.Range(0, 256)];
        var pairs = new PairTable(4);
        int[] merged = [256, 257, 258, 259];
        pairs.Set('a', 258, 0);
        pairs.Set(256, 256, 1);
        pairs.Set('c', 'd', 2);
        pairs.Set('b', 'c', 3);
        return new MergeRules(byteIds, pairs, merged);
    }
}
