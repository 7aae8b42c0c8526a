// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Tokenizer.Templates;

/// <summary>Python's changes of case, which can lengthen a text (ß becomes SS); each character keeps its origin.</summary>
internal static class LetterCase
{
    public static StringValue Upper(StringValue value, EvaluationBudget budget) => Map(value, budget, static (rune, _, _) => UpperOf(rune));

    public static StringValue Lower(StringValue value, EvaluationBudget budget) => Map(value, budget, LowerOf);

    public static StringValue Swap(StringValue value, EvaluationBudget budget) =>
        Map(value, budget, static (rune, before, after) => Rune.IsUpper(rune) ? LowerOf(rune, before, after) : UpperOf(rune));

    public static StringValue Capitalize(StringValue value, EvaluationBudget budget) =>
        Map(value, budget, static (rune, before, after) => before is null ? TitleOf(rune) : LowerOf(rune, before, after));

    /// <summary>Python's <c>str.title</c>: a capital after anything that has no case.</summary>
    public static StringValue TitleMethod(StringValue value, EvaluationBudget budget) =>
        Map(value, budget, static (rune, before, after) => before is { } b && IsCased(b) ? LowerOf(rune, before, after) : TitleOf(rune));

    /// <summary>Jinja's <c>title</c> filter: a capital after white space and opening marks only.</summary>
    public static StringValue TitleFilter(StringValue value, EvaluationBudget budget) =>
        Map(value, budget, static (rune, before, after) => before is { } b && !OpensWord(b) ? LowerOf(rune, before, after) : UpperOf(rune));

    private static StringValue Map(StringValue value, EvaluationBudget budget, Func<Rune, Rune?, Rune?, string> map)
    {
        string text = value.Text;
        var result = new TextBuilder(budget);
        var mapped = new StringBuilder();
        Rune? before = null;
        int at = 0;
        foreach (TextRun run in value.Runs)
        {
            mapped.Clear();
            while (at < run.End)
            {
                if (Rune.TryGetRuneAt(text, at, out Rune rune))
                {
                    at += rune.Utf16SequenceLength;
                    Rune? after = at < text.Length && Rune.TryGetRuneAt(text, at, out Rune next) ? next : null;
                    mapped.Append(map(rune, before, after));
                    before = rune;
                }
                else
                {
                    mapped.Append(text[at++]);
                    before = Rune.ReplacementChar;
                }
            }

            result.Append(mapped.ToString(), run.FromTemplate);
        }

        return result.ToValue();
    }

    private static string UpperOf(Rune rune) => rune.Value switch
    {
        'ß' => "SS",
        'ŉ' => "ʼN",
        'ﬀ' => "FF",
        'ﬁ' => "FI",
        'ﬂ' => "FL",
        'ﬃ' => "FFI",
        'ﬄ' => "FFL",
        'ﬅ' or 'ﬆ' => "ST",
        _ => Rune.ToUpperInvariant(rune).ToString(),
    };

    private static string TitleOf(Rune rune)
    {
        string upper = UpperOf(rune);
        return upper.Length > rune.Utf16SequenceLength ? upper[0] + upper[1..].ToLowerInvariant() : upper;
    }

    private static string LowerOf(Rune rune, Rune? before, Rune? after) => rune.Value switch
    {
        'İ' => "i\u0307",
        'Σ' when before is { } b && Rune.IsLetter(b) && !(after is { } a && Rune.IsLetter(a)) => "ς",
        _ => Rune.ToLowerInvariant(rune).ToString(),
    };

    private static bool IsCased(Rune rune) => Rune.IsUpper(rune) || Rune.IsLower(rune);

    private static bool OpensWord(Rune rune) => rune.IsBmp && (CodePoints.IsSpace((char)rune.Value) || rune.Value is '-' or '(' or '{' or '[' or '<');
}
