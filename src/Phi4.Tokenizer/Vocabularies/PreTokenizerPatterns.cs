// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Vocabularies;

/// <summary>The spellings of the patterns that have a scanner.</summary>
internal static class PreTokenizerPatterns
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private static readonly Dictionary<string, PreTokenizerPattern> Known = new(StringComparer.Ordinal)
    {
        [Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = PreTokenizerPattern.Cl100k,
        [Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = PreTokenizerPattern.Cl100k,
        [Contractions + @"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = PreTokenizerPattern.Cl100k,
        [Contractions + @"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = PreTokenizerPattern.Cl100k,
        [@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = PreTokenizerPattern.Cl100k,
        [@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"] =
            PreTokenizerPattern.Cl100kPossessive,
        [@"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + Contractions + "?"
            + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + Contractions + "?"
            + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = PreTokenizerPattern.O200k,
    };

    /// <summary>The scanner's pattern for a file's regular expression.</summary>
    /// <exception cref="TokenizerFormatException">There is none.</exception>
    public static PreTokenizerPattern Find(string file, string regex) =>
        Known.TryGetValue(regex, out PreTokenizerPattern pattern)
            ? pattern
            : throw new TokenizerFormatException(file, $"the pre-tokenizer's pattern '{regex}' is not supported; cl100k's and o200k's are.");
}
