// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Quantization;

/// <summary>The values that a block's codes can stand for, before the scale. Sixteen rows at once, one a lane.</summary>
internal unsafe interface ICodebook
{
    /// <summary>Where the block's value of largest magnitude is put, one try after another, as code values. The first is what rounding to nearest takes.</summary>
    ReadOnlySpan<float> Targets { get; }

    /// <summary>With each value its negative is in the book, so that scales need no sign.</summary>
    bool IsSymmetric { get; }

    /// <summary>The nearest value of the book, lane by lane.</summary>
    Vector512<float> Nearest(Vector512<float> value);

    /// <summary>Writes the codes of a block of a tile as <see cref="BlockLayout"/> says.</summary>
    /// <param name="values">32 inputs, each divided by its scale.</param>
    /// <param name="codes"><see cref="BlockLayout.CodeBytes"/> bytes.</param>
    void Pack(Vector512<float>* values, byte* codes);
}

/// <summary>All integers from -127 to 127.</summary>
internal readonly unsafe struct Int8Codebook : ICodebook
{
    // -128 stays unused: kernels that multiply magnitudes by signs can't negate it.
    private const float Largest = 127;

    public bool IsSymmetric => true;

    public ReadOnlySpan<float> Targets => [127, 127.45f, 128, 126.5f, 126, 125, 124, 122.5f, 121];

    public Vector512<float> Nearest(Vector512<float> value) =>
        Vector512.Round(Vector512.Min(Vector512.Max(value, Vector512.Create(-Largest)), Vector512.Create(Largest)));

    public void Pack(Vector512<float>* values, byte* codes)
    {
        for (int k = 0; k < BlockLayout.BlockSize; k += 4)
        {
            Vector512<uint> four = Code(values[k]) | (Code(values[k + 1]) << 8) | (Code(values[k + 2]) << 16) | (Code(values[k + 3]) << 24);
            four.AsByte().Store(codes + (k / 4 * 64));
        }
    }

    private Vector512<uint> Code(Vector512<float> value) => Vector512.ConvertToInt32(Nearest(value)).AsUInt32() & Vector512.Create(0xFFu);
}

/// <summary>Sixteen values in rising order.</summary>
internal readonly unsafe struct TableCodebook : ICodebook
{
    private readonly Vector512<float> _values;

    // Between value i and value i + 1.
    private readonly Vector512<float> _middles;
    private readonly float[] _targets;

    public TableCodebook(ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Int4Table.Size, nameof(values));
        _values = Vector512.Create(values);
        for (int i = 0; i + 1 < values.Length; i++)
        {
            _middles = _middles.WithElement(i, (values[i] + values[i + 1]) / 2);
        }

        // Either end of the table may take the extreme value: that is what the scale's sign is for. Beyond an end, the extreme is clipped for the sake of the rest.
        float low = values[0];
        float high = values[^1];
        float[] stretches = [1.04f, 1.08f, 1.13f, 1.19f, 1.26f, 0.97f, 0.93f];
        _targets = [low, high, .. stretches.Select(stretch => low * stretch), .. stretches.Select(stretch => high * stretch)];
    }

    public bool IsSymmetric => false;

    public ReadOnlySpan<float> Targets => _targets;

    public Vector512<float> Nearest(Vector512<float> value)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            return Vector512.ShuffleNative(_values, Code(value));
        }

        Vector512<float> nearest = Vector512.Create(_values[0]);
        for (int i = 0; i + 1 < Int4Table.Size; i++)
        {
            nearest = Vector512.ConditionalSelect(Vector512.GreaterThan(value, Vector512.Create(_middles[i])), Vector512.Create(_values[i + 1]), nearest);
        }

        return nearest;
    }

    public void Pack(Vector512<float>* values, byte* codes)
    {
        for (int k = 0; k < BlockLayout.BlockSize; k += 8)
        {
            Vector512<int> eight = default;
            for (int i = 0; i < 4; i++)
            {
                eight |= (Code(values[k + i]) | (Code(values[k + i + 4]) << 4)) << (8 * i);
            }

            eight.AsByte().Store(codes + (k / 8 * 64));
        }
    }

    /// <summary>How many middles lie below the value.</summary>
    private Vector512<int> Code(Vector512<float> value)
    {
        Vector512<int> code = default;
        if (!Vector512.IsHardwareAccelerated)
        {
            for (int i = 0; i + 1 < Int4Table.Size; i++)
            {
                code -= Vector512.GreaterThan(value, Vector512.Create(_middles[i])).AsInt32();
            }

            return code;
        }

        // By halving: every lane looks its next middle up.
        for (int step = Int4Table.Size / 2; step > 0; step /= 2)
        {
            Vector512<float> middle = Vector512.ShuffleNative(_middles, code + Vector512.Create(step - 1));
            code = Vector512.ConditionalSelect(Vector512.GreaterThan(value, middle).AsInt32(), code + Vector512.Create(step), code);
        }

        return code;
    }
}
