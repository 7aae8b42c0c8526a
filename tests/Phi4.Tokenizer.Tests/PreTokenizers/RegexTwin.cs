// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Phi4.Tokenizer.Tests.PreTokenizers;

/// <summary>
/// The patterns run by .NET's own Regex. It cannot class characters above U+FFFF, so each of those is replaced by one below of the same category.
/// </summary>
internal static class RegexTwin
{
    // U+017F is the one character outside ASCII that folds to a letter of a contraction; .NET does not fold it.
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|'\u017F";

    private static readonly Dictionary<PreTokenizerPattern, Regex> Patterns = new()
    {
        [PreTokenizerPattern.Cl100k] = Compile(
            $@"{Contractions}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
        [PreTokenizerPattern.Cl100kPossessive] = Compile(
            $@"{Contractions}|(?>[^\r\n\p{{L}}\p{{N}}]?)(?>\p{{L}}+)|(?>\p{{N}}{{1,3}})| ?(?>[^\s\p{{L}}\p{{N}}]+)(?>[\r\n]*)|(?>\s+)\z|\s*[\r\n]|\s+(?!\S)|\s"),
        [PreTokenizerPattern.O200k] = Compile(
            $@"[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}\p{{Lm}}\p{{Lo}}\p{{M}}]*[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]+({Contractions})?"
            + $@"|[^\r\n\p{{L}}\p{{N}}]?[\p{{Lu}}\p{{Lt}}\p{{Lm}}\p{{Lo}}\p{{M}}]+[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]*({Contractions})?"
            + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
    };

    /// <summary>The pieces of a text without unpaired surrogates.</summary>
    public static List<string> Split(PreTokenizerPattern pattern, string text)
    {
        Rune[] runes = [.. text.EnumerateRunes()];
        string flat = string.Concat(runes.Select(Flatten));
        List<string> pieces = [];
        int covered = 0;
        foreach (Match match in Patterns[pattern].Matches(flat))
        {
            Assert.That(match.Index, Is.EqualTo(covered), "The pattern covers the whole text.");
            covered += match.Length;
            pieces.Add(string.Concat(runes[match.Index..covered].Select(rune => rune.ToString())));
        }

        Assert.That(covered, Is.EqualTo(flat.Length));
        return pieces;
    }

    private static Regex Compile(string pattern) => new(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled);

    private static char Flatten(Rune rune) => rune.IsBmp ? (char)rune.Value : Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter => '\u0100',
        UnicodeCategory.LowercaseLetter => '\u0101',
        UnicodeCategory.TitlecaseLetter => '\u01C5',
        UnicodeCategory.ModifierLetter => '\u02B0',
        UnicodeCategory.OtherLetter => '\u05D0',
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => '\u0301',
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => '\u0663',
        _ => '\u00A7',
    };
}
