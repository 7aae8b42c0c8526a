// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

/// <summary>Which numbers a case is made of.</summary>
public enum VnniValues
{
    Random,

    /// <summary>Codes of -128 and 127 against activations of 127 and -127: the largest sums there are.</summary>
    Extreme,

    /// <summary>Blocks whose activations are zero, scale included.</summary>
    Zeros,
}

/// <summary>Weights and tokens by row, token and input, the kernels' layouts of them, and what the contract makes of them.</summary>
internal sealed class VnniOperands
{
    private const int Block = 32;
    private readonly int _blockCount;
    private readonly int _tiles;
    private readonly int _tokens;
    private readonly bool _hasOffsets;
    private readonly sbyte[] _table = new sbyte[16];
    private readonly byte[,] _codes;
    private readonly sbyte[,] _activations;
    private readonly WeightFormat _format;

    public VnniOperands(int blockCount, int tiles, int tokens, bool hasOffsets, VnniValues values, WeightFormat format)
    {
        (_blockCount, _tiles, _tokens, _hasOffsets, _format) = (blockCount, tiles, tokens, hasOffsets, format);
        var random = new Random(HashCode.Combine(blockCount, tiles, tokens) & 0xFFFF);
        random.NextBytes((byte[])(object)_table);
        _codes = new byte[16 * tiles, blockCount * Block];
        _activations = new sbyte[tokens, blockCount * Block];
        Scales = new Half[16 * tiles * blockCount];
        Offsets = new Half[16 * tiles * blockCount];
        TokenScales = new float[tokens * blockCount];
        Sums = new float[tokens * tiles * 16];
        if (values == VnniValues.Extreme)
        {
            (_table[0], _table[15]) = (-128, 127);
        }

        FillCodes(random, values == VnniValues.Extreme);
        for (int t = 0; t < tokens; t++)
        {
            for (int k = 0; k < blockCount * Block; k++)
            {
                bool zero = values == VnniValues.Zeros && (k / Block + t) % 2 == 0;
                _activations[t, k] = (sbyte)(zero ? 0 : values == VnniValues.Extreme ? (t % 2 == 0 ? 127 : -127) : random.Next(-127, 128));
                TokenScales[k / Block * tokens + t] = zero ? 0 : random.NextSingle();
            }
        }

        Fill(Scales, random);
        Fill(Offsets, random);
        for (int i = 0; i < Sums.Length; i++)
        {
            Sums[i] = i % 3 == 0 ? 0 : random.NextSingle() - 0.5f;
        }
    }

    /// <summary>[tile][block][16].</summary>
    public Half[] Scales { get; }

    public Half[] Offsets { get; }

    /// <summary>[block][token].</summary>
    public float[] TokenScales { get; }

    /// <summary>[token][tile][16], before the kernel.</summary>
    public float[] Sums { get; }

    public float[] Expected()
    {
        float[] result = [.. Sums];
        for (int t = 0; t < _tokens; t++)
        {
            for (int row = 0; row < 16 * _tiles; row++)
            {
                float sum = result[(t * 16 * _tiles) + row];
                for (int b = 0; b < _blockCount; b++)
                {
                    int dot = 0;
                    for (int k = b * Block; k < (b + 1) * Block; k++)
                    {
                        dot += Value(row, k) * _activations[t, k];
                    }

                    int index = ScaleIndex(row, b);
                    float scale = TokenScales[(b * _tokens) + t];
                    sum = MathF.FusedMultiplyAdd(dot, (float)Scales[index] * scale, sum);
                    if (_hasOffsets)
                    {
                        sum = MathF.FusedMultiplyAdd((float)Offsets[index], scale * SumOf(t, b), sum);
                    }
                }

                result[(t * 16 * _tiles) + row] = sum;
            }
        }

        return result;
    }

    /// <summary>As <see cref="BlockLayout"/> says.</summary>
    public byte[] Blocks()
    {
        int columns = _blockCount * Block, rows = 16 * _tiles;
        var layout = new BlockLayout(_format, _hasOffsets);
        var stored = new byte[layout.ByteCount(rows, columns)];
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < columns; k++)
            {
                int shift = _format == WeightFormat.Int4 && BlockLayout.IsHighHalf(k) ? 4 : 0;
                stored[layout.CodeOffset(columns, row, k)] |= (byte)(_codes[row, k] << shift);
                int scale = (int)layout.ScaleOffset(columns, row, k);
                BitConverter.TryWriteBytes(stored.AsSpan(scale), Scales[ScaleIndex(row, k / Block)]);
                if (_hasOffsets)
                {
                    BitConverter.TryWriteBytes(stored.AsSpan(scale + BlockLayout.ScaleBytes), Offsets[ScaleIndex(row, k / Block)]);
                }
            }
        }

        return stored;
    }

    /// <summary>[block]: [8][token][4] bytes, then starts, scales and sums [token].</summary>
    public byte[] Tokens()
    {
        var packed = new MemoryStream();
        using var writer = new BinaryWriter(packed);
        for (int b = 0; b < _blockCount; b++)
        {
            for (int i = 0; i < Block * _tokens; i++)
            {
                writer.Write(_activations[i / 4 % _tokens, (b * Block) + (i / 4 / _tokens * 4) + (i % 4)]);
            }

            int block = b;
            IEnumerable<int> all = Enumerable.Range(0, _tokens);
            Array.ForEach([.. all.Select(t => -128 * SumOf(t, block))], writer.Write);
            Array.ForEach([.. all.Select(t => TokenScales[(block * _tokens) + t])], writer.Write);
            Array.ForEach([.. all.Select(t => TokenScales[(block * _tokens) + t] * SumOf(t, block))], writer.Write);
        }

        return packed.ToArray();
    }

    public Vector128<byte> BiasedTable() => Vector128.Create(_table).AsByte() ^ Vector128.Create((byte)0x80);

    private int ScaleIndex(int row, int block) => (((row / 16 * _blockCount) + block) * 16) + (row % 16);

    private int SumOf(int token, int block) => Enumerable.Range(block * Block, Block).Sum(k => _activations[token, k]);

    private int Value(int row, int k) => _format == WeightFormat.Int4 ? _table[_codes[row, k]] : (sbyte)_codes[row, k];

    private void FillCodes(Random random, bool extreme)
    {
        for (int row = 0; row < 16 * _tiles; row++)
        {
            for (int k = 0; k < _blockCount * Block; k++)
            {
                int code = extreme ? (row % 2 == 0 ? 0x80 : 0x7F) : random.Next(256);
                _codes[row, k] = (byte)(_format == WeightFormat.Int8 ? code : extreme ? (row % 2 == 0 ? 0 : 15) : code % 16);
            }
        }
    }

    private static void Fill(Half[] values, Random random)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (Half)((random.NextSingle() - 0.5f) / 16);
        }
    }
}
