// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Phi4.Tokenizer.PreTokenizers;

/// <summary>Classes of characters in well-formed UTF-8 that is padded with <see cref="EndMark"/>.</summary>
internal static class CharClasses
{
    /// <summary>A byte that UTF-8 never holds; it reads as the end of the text.</summary>
    public const byte EndMark = 0xFF;

    private const int BasicPlaneSize = 0x10000;

    private static readonly CharClass[] BasicPlane = BuildBasicPlane();

    // The first 128 are a copy of the plane's; bytes above are not asked for, except the end mark, which has no class.
    private static readonly CharClass[] Ascii = [.. BasicPlane[..128], .. new CharClass[128]];

    /// <summary>The class of an ASCII byte, or none for the end mark.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharClass OfAscii(byte value) => Ascii[value];

    /// <summary>The class of the character that starts here, and how many bytes it takes; at the end of the text none and zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CharClass At(ReadOnlySpan<byte> text, int index, out int length)
    {
        byte lead = text[index];
        if (lead < 0x80)
        {
            length = 1;
            return Ascii[lead];
        }

        return OfMultiByte(text, index, lead, out length);
    }

    private static CharClass OfMultiByte(ReadOnlySpan<byte> text, int index, byte lead, out int length)
    {
        if (lead < 0xE0)
        {
            length = 2;
            return BasicPlane[((lead & 0x1F) << 6) | (text[index + 1] & 0x3F)];
        }

        if (lead < 0xF0)
        {
            length = 3;
            return BasicPlane[((lead & 0x0F) << 12) | ((text[index + 1] & 0x3F) << 6) | (text[index + 2] & 0x3F)];
        }

        if (lead == EndMark)
        {
            length = 0;
            return CharClass.None;
        }

        length = 4;
        Rune.DecodeFromUtf8(text.Slice(index, 4), out Rune rune, out _);
        return Of(Rune.GetUnicodeCategory(rune), rune.Value);
    }

    private static CharClass[] BuildBasicPlane()
    {
        var classes = new CharClass[BasicPlaneSize];
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = Of(CharUnicodeInfo.GetUnicodeCategory((char)i), i);
        }

        return classes;
    }

    private static CharClass Of(UnicodeCategory category, int codePoint) => category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharClass.Letter | CharClass.Upper,
        UnicodeCategory.LowercaseLetter => CharClass.Letter | CharClass.Lower,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharClass.Letter | CharClass.Upper | CharClass.Lower,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            => CharClass.Other | CharClass.Upper | CharClass.Lower,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharClass.Number,
        _ when codePoint is '\r' or '\n' => CharClass.Space | CharClass.LineBreak,
        _ when codePoint < BasicPlaneSize && char.IsWhiteSpace((char)codePoint) => CharClass.Space,
        _ => CharClass.Other,
    };
}
