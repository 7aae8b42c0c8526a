// SPDX-License-Identifier: MIT
using System.Text;
using CsCheck;
using Phi4.Tokenizer.Merging;
using Phi4.Tokenizer.Tests.Support;
using Phi4.Tokenizer.Vocabularies;

namespace Phi4.Tokenizer.Tests.Merging;

internal sealed class CharacterSplitterTests
{
    private static readonly Vocabulary Cl100k = TokenizerJsonReader.Read("phi-4", Tokenizers.Phi4Json, []);
    private static readonly Vocabulary O200k = RankFileReader.Read("o200k", Tokenizers.O200kRanks, PreTokenizerPattern.O200k, []);

    private static IEnumerable<TestCaseData> Vocabularies() =>
        [new TestCaseData(Cl100k).SetArgDisplayNames("cl100k"), new TestCaseData(O200k).SetArgDisplayNames("o200k")];

    // Characters that stand in tokens of several characters, and strangers to them.
    [TestCaseSource(nameof(Vocabularies))]
    public void Merge_RandomText_EqualsTheDefinition(object vocabulary)
    {
        var rules = (Vocabulary)vocabulary;
        List<Rune> known = [.. Enumerable.Range(0, rules.Tokens.Count)
            .Select(id => Encoding.UTF8.GetString(rules.Tokens[id]))
            .Where(text => text.Length > 1 && text.Any(unit => unit >= 0x800) && !text.Contains('\uFFFD'))
            .SelectMany(text => text.EnumerateRunes())];
        Gen<Rune> rune = Gen.Frequency(
            (6, Gen.Int[0, known.Count - 1].Select(index => known[index])),
            (2, Gen.Int[0x800, 0xFFFF].Where(Rune.IsValid).Select(value => new Rune(value))),
            (1, Gen.Int[0, 0x7FF].Select(value => new Rune(value))),
            (1, Gen.Int[0x10000, 0x3FFFF].Select(value => new Rune(value))));
        rune.Array[1, 30].Sample(
            runes =>
            {
                byte[] piece = Encoding.UTF8.GetBytes(string.Concat(runes));
                var found = new TokenBuffer(64);
                rules.Splitter.Merge(piece, ref found);
                bool equal = found.Ids.SequenceEqual(NaiveMerger.Merge(rules.Rules, piece));
                found.Dispose();
                return equal;
            },
            iter: 10_000);
    }
}
