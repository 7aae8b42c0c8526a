// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.PreTokenizers;

/// <summary>
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </summary>
/// <param name="keepsTrailingSpace">The spelling with <c>\s++$</c>: white space that ends the text is one piece.</param>
internal readonly struct Cl100kScanner(bool keepsTrailingSpace) : IPieceScanner
{
    /// <inheritdoc/>
    public int End(ReadOnlySpan<byte> text, int start)
    {
        byte first = text[start];
        if (ScanSteps.IsAsciiLetter(first))
        {
            return ScanSteps.Letters(text, start + 1);
        }

        if (first == ' ' && ScanSteps.IsAsciiLetter(text[start + 1]))
        {
            return ScanSteps.Letters(text, start + 2);
        }

        CharClass found = CharClasses.At(text, start, out int length);
        int next = start + length;
        if (first == '\'')
        {
            int end = ScanSteps.Contraction(text, start);
            if (end != start)
            {
                return end;
            }
        }

        if ((found & CharClass.Letter) != 0)
        {
            return ScanSteps.Letters(text, next);
        }

        if ((found & CharClass.Number) != 0)
        {
            return ScanSteps.Numbers(text, start);
        }

        CharClass following = CharClasses.At(text, next, out int followingLength);
        if ((following & CharClass.Letter) != 0 && (found & CharClass.LineBreak) == 0)
        {
            return ScanSteps.Letters(text, next + followingLength);
        }

        if ((found & CharClass.Other) != 0 || (first == ' ' && (following & CharClass.Other) != 0))
        {
            int end = ScanSteps.While(text, next, CharClass.Other);
            return ScanSteps.While(text, end, CharClass.LineBreak);
        }

        return WhiteSpace(text, start);
    }

    private int WhiteSpace(ReadOnlySpan<byte> text, int start)
    {
        if (keepsTrailingSpace)
        {
            int end = ScanSteps.While(text, start, CharClass.Space);
            if (text[end] == CharClasses.EndMark)
            {
                return end;
            }
        }

        return ScanSteps.WhiteSpace(text, start);
    }
}
