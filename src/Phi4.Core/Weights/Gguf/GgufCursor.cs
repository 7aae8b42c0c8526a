// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Globalization;

namespace Phi4.Core.Weights.Gguf;

/// <summary>Reads little-endian numbers and strings one after another; a read past the end is a <see cref="ModelFormatException"/>.</summary>
/// <param name="bytes">The file's start, as far as a header may reach.</param>
/// <param name="file">Name for messages.</param>
internal ref struct GgufCursor(ReadOnlySpan<byte> bytes, string file)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly int Remaining => _bytes.Length - Position;

    public uint UInt32(string item) => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), item));

    public ulong UInt64(string item) => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), item));

    /// <summary>A count of things that take at least so many bytes each, so that no allocation outgrows the file.</summary>
    public int Count(string item, int leastBytes)
    {
        ulong count = UInt64(item);
        ulong most = (ulong)(Remaining / leastBytes);
        return count <= most ? (int)count : throw Bad(item, $"at most the {most} that the file has room for", Show(count));
    }

    /// <summary>A string's bytes: a 64-bit length and so many bytes.</summary>
    public ReadOnlySpan<byte> Text(string item, int most = int.MaxValue)
    {
        ulong length = UInt64(item);
        int room = Math.Min(most, Remaining);
        return length <= (ulong)room ? Take((int)length, item) : throw Bad(item, $"a string of at most {room} bytes", Show(length));
    }



    public readonly ModelFormatException Bad(string item, string expected, string found) => new(file, item, expected, found);

    public ReadOnlySpan<byte> Take(int count, string item)
    {
        if (count > Remaining)
        {
            throw Bad(item, $"{count} bytes at byte {Position}", $"{Remaining} (file truncated?)");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    private static string Show(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
