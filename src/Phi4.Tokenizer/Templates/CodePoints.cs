// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Python's view of text: lengths, indices and order by code point, and its notion of white space.</summary>
internal static class CodePoints
{
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    public static int Count(string text)
    {
        int count = text.Length;
        for (int i = 0; i + 1 < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i], text[i + 1]))
            {
                count--;
                i++;
            }
        }

        return count;
    }

    /// <summary>UTF-16 offsets of every code point, with the text's length at the end.</summary>
    public static int[] Offsets(string text)
    {
        var offsets = new int[Count(text) + 1];
        for (int i = 0, k = 0; i < text.Length; k++)
        {
            offsets[k] = i;
            i += i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
        }

        offsets[^1] = text.Length;
        return offsets;
    }

    /// <summary>The number of code points before a UTF-16 offset.</summary>
    public static int IndexOf(string text, int offset) => Count(text[..offset]);

    public static int Compare(string? a, string? b)
    {
        ReadOnlySpan<char> left = a, right = b;
        int same = left.CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        // Surrogates stand for code points above all others, though their UTF-16 units lie below U+E000.
        bool leftIsHigh = char.IsSurrogate(left[same]), rightIsHigh = char.IsSurrogate(right[same]);
        return leftIsHigh == rightIsHigh ? left[same].CompareTo(right[same]) : leftIsHigh.CompareTo(rightIsHigh);
    }

    /// <summary>Python's <c>str.isspace</c>, which adds the four ASCII separators to Unicode's white space.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';
}
