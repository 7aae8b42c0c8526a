// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Tokenizer.Merging;

/// <summary>
/// Cuts a piece between characters that no token of the vocabulary spans, where merging can never join anything, and knows the tokens of single
/// three-byte characters. Chinese, Japanese and Korean pieces are long runs of which most characters stand alone.
/// </summary>
internal sealed class CharacterSplitter
{
    private const int BasicPlaneSize = 0x10000;
    private const int FirstThreeByte = 0x800;
    private const int IdBits = 21;
    private const long IdMask = (1L << IdBits) - 1;
    private const long NoMoreIds = -1;
    private const int FilterBits = 18;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    private readonly MergeRules _rules;

    // By code point: up to three ids, the first lowest, and ones above them, which an arithmetic shift keeps coming.
    private readonly long[] _characters = new long[BasicPlaneSize];

    // Hashes of the neighbours that some token spans. A false hit costs a cut, never a wrong id.
    private readonly ulong[] _spanned = new ulong[(1 << FilterBits) / 64];

    // Last byte before and first byte after a border that a token spans while it begins or ends inside the characters there.
    private readonly ulong[] _spannedInside = new ulong[BasicPlaneSize / 64];

    /// <param name="rules">How bytes merge.</param>
    /// <param name="tokens">The bytes of all tokens that merging can make; null where there is none.</param>
    public CharacterSplitter(MergeRules rules, IEnumerable<byte[]?> tokens)
    {
        _rules = rules;
        foreach (byte[]? token in tokens)
        {
            for (int border = 1; border < (token?.Length ?? 0); border++)
            {
                AddBorder(token, border);
            }
        }

        Span<byte> utf8 = stackalloc byte[3];
        for (int c = FirstThreeByte; c < BasicPlaneSize; c++)
        {
            if (!char.IsSurrogate((char)c))
            {
                (utf8[0], utf8[1], utf8[2]) = ((byte)(0xE0 | (c >> 12)), (byte)(0x80 | ((c >> 6) & 0x3F)), (byte)(0x80 | (c & 0x3F)));
                _characters[c] = Pack(utf8);
            }
        }
    }

    /// <summary>Whether a piece is worth cutting: it has several characters and ends with one of three bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Suits(ReadOnlySpan<byte> piece) => piece.Length >= 6 && piece[^3] >= 0xE0;

    /// <summary>Appends the tokens of a piece of well-formed UTF-8.</summary>
    public void Merge(ReadOnlySpan<byte> piece, ref TokenBuffer output)
    {
        int start = 0, index = 0, character = Decode(piece, 0, out int length);
        while (true)
        {
            int next = index + length, following = 0, followingLength = 0;
            if (next < piece.Length)
            {
                following = Decode(piece, next, out followingLength);
                if (IsSpanned(character, following, piece[next - 1], piece[next]))
                {
                    (index, character, length) = (next, following, followingLength);
                    continue;
                }
            }

            if (start == index && length == 3)
            {
                AddCharacter(_characters[character], ref output);
            }
            else
            {
                BytePairMerger.Merge(_rules, piece[start..next], ref output);
            }

            if (next == piece.Length)
            {
                return;
            }

            (start, index, character, length) = (next, next, following, followingLength);
        }
    }

    private static void AddCharacter(long packed, ref TokenBuffer output)
    {
        output.Add((int)(packed & IdMask));
        for (packed >>= IdBits; packed != NoMoreIds; packed >>= IdBits)
        {
            output.Add((int)(packed & IdMask));
        }
    }

    private long Pack(ReadOnlySpan<byte> utf8)
    {
        var ids = new TokenBuffer(4);
        BytePairMerger.Merge(_rules, utf8, ref ids);

        long packed = NoMoreIds;
        for (int i = ids.Count - 1; i >= 0; i--)
        {
            packed = (packed << IdBits) | (long)ids.Ids[i];
        }

        ids.Dispose();
        return packed;
    }

    private void AddBorder(ReadOnlySpan<byte> token, int border)
    {
        if (IsContinuation(token[border]))
        {
            return;
        }

        int before = border - 1;
        while (before > 0 && IsContinuation(token[before]))
        {
            before--;
        }

        if (LengthOf(token[before]) == border - before && LengthOf(token[border]) <= token.Length - border)
        {
            int slot = Slot(Decode(token, before, out _), Decode(token, border, out _));
            _spanned[slot >> 6] |= 1UL << (slot & 63);
        }
        else
        {
            int pair = (token[border - 1] << 8) | token[border];
            _spannedInside[pair >> 6] |= 1UL << (pair & 63);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsSpanned(int character, int following, byte last, byte first)
    {
        int slot = Slot(character, following), pair = (last << 8) | first;
        return (((_spanned[slot >> 6] >> (slot & 63)) | (_spannedInside[pair >> 6] >> (pair & 63))) & 1) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Slot(int character, int following) => (int)(((((ulong)(uint)character << IdBits) | (uint)following) * Multiplier) >> (64 - FilterBits));

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;

    // Zero for a byte that begins no character.
    private static int LengthOf(byte lead) => lead switch
    {
        < 0x80 => 1,
        < 0xC0 => 0,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Decode(ReadOnlySpan<byte> text, int index, out int length)
    {
        byte lead = text[index];
        if ((lead & 0xF0) == 0xE0)
        {
            length = 3;
            return ((lead & 0x0F) << 12) | ((text[index + 1] & 0x3F) << 6) | (text[index + 2] & 0x3F);
        }

        length = LengthOf(lead);
        return length switch
        {
            1 => lead,
            2 => ((lead & 0x1F) << 6) | (text[index + 1] & 0x3F),
            _ => ((lead & 0x07) << 18) | ((text[index + 1] & 0x3F) << 12) | ((text[index + 2] & 0x3F) << 6) | (text[index + 3] & 0x3F),
        };
    }
}
