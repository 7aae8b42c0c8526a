// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>GPT-2's spelling of bytes as printable characters, in which tokenizer.json and vocab.json write their tokens.</summary>
internal static class ByteAlphabet
{
    private const int ByteCount = 256;

    private static readonly short[] ByteOf = Build();

    /// <summary>The bytes that a token's spelling stands for.</summary>
    /// <param name="spelling">The token as the file writes it.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="stranger">The first character outside the alphabet, if there is one.</param>
    public static bool TryGetBytes(ReadOnlySpan<char> spelling, [NotNullWhen(true)] out byte[]? bytes, out char stranger)
    {
        bytes = new byte[spelling.Length];
        stranger = default;
        for (int i = 0; i < spelling.Length; i++)
        {
            int found = spelling[i] < ByteOf.Length ? ByteOf[spelling[i]] : -1;
            if (found < 0)
            {
                stranger = spelling[i];
                bytes = null;
                return false;
            }

            bytes[i] = (byte)found;
        }

        return true;
    }

    // Printable Latin-1 stands for itself; the other bytes, rising, are the characters from U+0100 on.
    private static short[] Build()
    {
        int shifted = ByteCount;
        var byteOf = new short[ByteCount * 2];
        byteOf.AsSpan().Fill(-1);
        for (int value = 0; value < ByteCount; value++)
        {
            bool printable = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            byteOf[printable ? value : shifted++] = (short)value;
        }

        return byteOf;
    }
}
