// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Tokenizer.PreTokenizers;

/// <summary>The parts that the patterns share. Each takes a position and gives the one after what it matches.</summary>
internal static class ScanSteps
{
    /// <summary>End marks that must follow a text, so that whole vectors can be read at its last byte.</summary>
    public const int Padding = 32;

    private const byte CaseBit = 0x20;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAsciiLetter(byte value) => (uint)((value | CaseBit) - 'a') < 26;

    /// <summary>\p{L}*</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Letters(ReadOnlySpan<byte> text, int index)
    {
        while (true)
        {
            Vector128<byte> letters = (Vector128.Create(text.Slice(index, 16)) | Vector128.Create(CaseBit)) - Vector128.Create((byte)'a');
            uint others = Vector128.GreaterThan(letters, Vector128.Create((byte)25)).ExtractMostSignificantBits();
            if (others != 0)
            {
                index += BitOperations.TrailingZeroCount(others);
                return text[index] < 0x80 ? index : While(text, index, CharClass.Letter);
            }

            index += 16;
        }
    }

    /// <summary>Characters that have one of the classes.</summary>
    public static int While(ReadOnlySpan<byte> text, int index, CharClass classes)
    {
        while ((CharClasses.At(text, index, out int length) & classes) != 0)
        {
            index += length;
        }

        return index;
    }

    /// <summary>\p{N}{1,3}, given that a number stands here.</summary>
    public static int Numbers(ReadOnlySpan<byte> text, int index)
    {
        for (int i = 0; i < 3 && (CharClasses.At(text, index, out int length) & CharClass.Number) != 0; i++)
        {
            index += length;
        }

        return index;
    }

    /// <summary>
    /// 's 't 're 've 'm 'll 'd in either case, given that an apostrophe stands here; the same position if there is none. U+017F folds to s.
    /// </summary>
    public static int Contraction(ReadOnlySpan<byte> text, int index)
    {
        int first = text[index + 1], second = text[index + 2];
        if (first == 0xC5 && second == 0xBF)
        {
            return index + 3;
        }

        // Setting the case bit maps no byte but the two cases of a letter onto that letter.
        return (first | CaseBit) switch
        {
            's' or 't' or 'm' or 'd' => index + 2,
            'r' or 'v' when (second | CaseBit) == 'e' => index + 3,
            'l' when (second | CaseBit) == 'l' => index + 3,
            _ => index,
        };
    }

    /// <summary>\s*[\r\n]+|\s+(?!\S)|\s+, given that white space stands here.</summary>
    public static int WhiteSpace(ReadOnlySpan<byte> text, int index)
    {
        int start = index, afterLineBreak = 0, last = index;
        CharClass found;
        while (((found = CharClasses.At(text, index, out int length)) & CharClass.Space) != 0)
        {
            last = index;
            index += length;
            if ((found & CharClass.LineBreak) != 0)
            {
                afterLineBreak = index;
            }
        }

        if (afterLineBreak != 0)
        {
            return afterLineBreak;
        }

        return found == CharClass.None || last == start ? index : last;
    }
}
