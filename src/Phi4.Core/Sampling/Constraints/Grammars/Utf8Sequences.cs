// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>
/// A range of characters as sequences of byte ranges: a character is in the range just when its bytes fit one of the sequences, byte for byte
/// (the method of RE2 and of Rust's utf8-ranges).
/// </summary>
internal static class Utf8Sequences
{
    // The last character of one, two, three and four bytes.
    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];

    public static IEnumerable<(byte Low, byte High)[]> Of(int low, int high)
    {
        foreach (int last in LastOfLength)
        {
            if (low <= last && last < high)
            {
                return Of(low, last).Concat(Of(last + 1, high));
            }
        }

        // Where the two ends differ, what is behind has to run through everything; else the range is cut there.
        for (int bits = 6; bits <= 18 && high > LastOfLength[0]; bits += 6)
        {
            int mask = (1 << bits) - 1;
            if ((low & ~mask) == (high & ~mask))
            {
                continue;
            }

            if ((low & mask) != 0)
            {
                return Of(low, low | mask).Concat(Of((low | mask) + 1, high));
            }

            if ((high & mask) != mask)
            {
                return Of(low, (high & ~mask) - 1).Concat(Of(high & ~mask, high));
            }
        }

        byte[] lows = Encode(low);
        return [[.. lows.Zip(Encode(high))]];
    }

    private static byte[] Encode(int codePoint)
    {
        Span<byte> bytes = stackalloc byte[4];
        return bytes[..new System.Text.Rune(codePoint).EncodeToUtf8(bytes)].ToArray();
    }
}
