// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.PreTokenizers;

/// <summary>
/// With U for <c>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</c>, W for <c>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</c>, C for <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)</c>:
/// <c>[^\r\n\p{L}\p{N}]?U*W+C?|[^\r\n\p{L}\p{N}]?U+W*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </summary>
internal readonly struct O200kScanner : IPieceScanner
{
    private const CharClass Word = CharClass.Upper | CharClass.Lower;

    /// <inheritdoc/>
    public int End(ReadOnlySpan<byte> text, int start)
    {
        CharClass found = CharClasses.At(text, start, out int length);
        int next = start + length;
        bool canLead = (found & (CharClass.Letter | CharClass.Number | CharClass.LineBreak)) == 0;
        CharClass following = canLead ? CharClasses.At(text, next, out _) : CharClass.None;
        if ((found & Word) != 0 || (following & Word) != 0)
        {
            int end = WordEnd(text, start, next, canLead);
            return text[end] == '\'' ? ScanSteps.Contraction(text, end) : end;
        }

        if ((found & CharClass.Number) != 0)
        {
            return ScanSteps.Numbers(text, start);
        }

        if ((found & CharClass.Other) != 0 || (text[start] == ' ' && (following & CharClass.Other) != 0))
        {
            int end = ScanSteps.While(text, next, CharClass.Other);
            while (text[end] is (byte)'\r' or (byte)'\n' or (byte)'/')
            {
                end++;
            }

            return end;
        }

        return ScanSteps.WhiteSpace(text, start);
    }

    // The four ways in the order in which a backtracking matcher tries them: U*W+ with and without a leading character, then U+W*.
    private static int WordEnd(ReadOnlySpan<byte> text, int start, int next, bool canLead)
    {
        int withLead = canLead ? EndingLower(text, next) : -1;
        if (withLead >= 0)
        {
            return withLead;
        }

        int plain = EndingLower(text, start);
        return plain >= 0 ? plain : ScanSteps.While(text, canLead ? next : start, CharClass.Upper);
    }

    /// <summary>U*W+ from here; -1 if it does not match.</summary>
    private static int EndingLower(ReadOnlySpan<byte> text, int index)
    {
        int afterShared = -1;
        CharClass found;
        while (((found = CharClasses.At(text, index, out int length)) & CharClass.Upper) != 0)
        {
            index += length;
            if ((found & CharClass.Lower) != 0)
            {
                afterShared = index;
            }
        }

        // U* gives back characters until W+ finds one; what it gives back beyond that is upper case only, where W+ stops.
        return (found & CharClass.Lower) != 0 ? ScanSteps.While(text, index, CharClass.Lower) : afterShared;
    }
}
