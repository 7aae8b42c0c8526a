// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Core.Tests.Weights.Gguf;

/// <summary>Writes GGUF files from the format's description, knowing nothing of the reader; with room for faults.</summary>
internal sealed class GgufBuilder
{
    private readonly List<byte[]> _pairs = [];
    private readonly List<(string Name, uint Type, ulong[] Sizes, byte[] Data)> _tensors = [];

    public uint Magic { get; set; } = 0x46554747;

    public uint Version { get; set; } = 3;

    public int Alignment { get; set; } = 32;

    /// <summary>What the header says instead of the true number.</summary>
    public ulong? TensorCount { get; set; }

    /// <summary>What the header says instead of the true number.</summary>
    public ulong? PairCount { get; set; }

    /// <summary>Offset that the header gives to tensor i, made from the true one.</summary>
    public Func<int, ulong, ulong> OffsetOf { get; set; } = (_, offset) => offset;

    public GgufBuilder Raw(params byte[] pair)
    {
        _pairs.Add(pair);
        return this;
    }

    public GgufBuilder Add(string key, uint value) => Pair(key, 4, writer => writer.Write(value));

    public GgufBuilder Add(string key, int value) => Pair(key, 5, writer => writer.Write(value));

    public GgufBuilder Add(string key, float value) => Pair(key, 6, writer => writer.Write(value));

    public GgufBuilder Add(string key, bool value) => Pair(key, 7, writer => writer.Write(value));

    public GgufBuilder Add(string key, string value) => Pair(key, 8, writer => Text(writer, value));

    public GgufBuilder Add(string key, IReadOnlyList<string> values) => Pair(key, 9, writer =>
    {
        writer.Write(8u);
        writer.Write((ulong)values.Count);
        foreach (string value in values)
        {
            Text(writer, value);
        }
    });

    public GgufBuilder Add(string key, IReadOnlyList<int> values) => Pair(key, 9, writer =>
    {
        writer.Write(5u);
        writer.Write((ulong)values.Count);
        foreach (int value in values)
        {
            writer.Write(value);
        }
    });

    /// <summary>A pair whose value bytes the caller writes.</summary>
    public GgufBuilder Pair(string key, uint type, Action<BinaryWriter> value) => Raw(Bytes(writer =>
    {
        Text(writer, key);
        writer.Write(type);
        value(writer);
    }));

    /// <summary>A tensor; sizes outermost first, as in safetensors. The file lists them innermost first.</summary>
    public GgufBuilder Tensor(string name, uint type, long[] shape, byte[] data)
    {
        _tensors.Add((name, type, [.. shape.Reverse().Select(size => (ulong)size)], data));
        return this;
    }

    public byte[] Build()
    {
        byte[] header = Bytes(WriteHeader);
        int start = RoundUp(header.Length);
        return Bytes(writer =>
        {
            writer.Write(header);
            writer.Write(new byte[start - header.Length]);
            foreach ((_, _, _, byte[] data) in _tensors)
            {
                writer.Write(data);
                writer.Write(new byte[RoundUp(data.Length) - data.Length]);
            }
        });
    }

    public static void Text(BinaryWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)utf8.Length);
        writer.Write(utf8);
    }

    private void WriteHeader(BinaryWriter writer)
    {
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)_tensors.Count);
        writer.Write(PairCount ?? (ulong)_pairs.Count);
        foreach (byte[] pair in _pairs)
        {
            writer.Write(pair);
        }

        ulong offset = 0;
        for (int i = 0; i < _tensors.Count; i++)
        {
            (string name, uint type, ulong[] sizes, byte[] data) = _tensors[i];
            Text(writer, name);
            writer.Write((uint)sizes.Length);
            foreach (ulong size in sizes)
            {
                writer.Write(size);
            }

            writer.Write(type);
            writer.Write(OffsetOf(i, offset));
            offset += (ulong)RoundUp(data.Length);
        }
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    private int RoundUp(int length) => (length + Alignment - 1) / Alignment * Alignment;
}
