// SPDX-License-Identifier: MIT
using System.Text;
using CsCheck;

namespace Phi4.Tokenizer.Tests.Support;

/// <summary>Random texts that crowd what tokenizers trip over.</summary>
internal static class Texts
{
    private static readonly string[] Crowded =
    [
        "'", "'", "s", "S", "t", "re", "ll", "\u017F", "\u2019", " ", " ", "  ", "\t", "\n", "\r", "\r\n", "\u00A0", "\u3000", "\u2028", "\u0085", "a", "b", "Q",
        "Hello", "World", "1", "23", "4567", "\u0663", "\u00BD", "\U0001D7D9", "\U00010400", "\U00010428", "\U00020000", "\u01C5", "\u02B0", "\u00AA", "\u0301",
        "\u20DD", "\u65E5\u672C\u8A9E", "\u00E9", "\u00C9", "!", "??", "/", "//", "_", "\0", "\uFEFF", "\U0001F600", "\u200D", "\uE000", "\u0378", "<|", "|>", "im_start",
    ];

    private static readonly Gen<string> AnyRune = Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Select(value => new Rune(value).ToString());

    /// <summary>Well-formed text.</summary>
    public static Gen<string> Tricky { get; } =
        Gen.Frequency((20, Gen.OneOf<string>(Crowded)), (1, AnyRune)).Array[0, 24].Select(parts => string.Concat(parts));

    /// <summary>Random lower-case letters, the same for the same seed.</summary>
    public static string Letters(int count, uint seed)
    {
        var text = new char[count];
        for (int i = 0; i < count; i++)
        {
            seed = (seed * 1664525) + 1013904223;
            text[i] = (char)('a' + ((seed >> 24) % 26));
        }

        return new string(text);
    }
}
