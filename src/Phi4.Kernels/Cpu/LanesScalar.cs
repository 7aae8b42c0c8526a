// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <summary>Sixteen lanes as sixteen numbers, for machines without vector units.</summary>
internal unsafe struct LanesScalar : ILanes<LanesScalar>
{
    private Values _values;

    public static LanesScalar operator +(LanesScalar a, LanesScalar b)
    {
        for (int i = 0; i < LaneMath.Count; i++)
        {
            a._values[i] += b._values[i];
        }

        return a;
    }

    public static LanesScalar operator *(LanesScalar a, LanesScalar b)
    {
        for (int i = 0; i < LaneMath.Count; i++)
        {
            a._values[i] *= b._values[i];
        }

        return a;
    }

    public static LanesScalar Load(float* source)
    {
        LanesScalar lanes = default;
        new ReadOnlySpan<float>(source, LaneMath.Count).CopyTo(lanes._values);
        return lanes;
    }

    public static LanesScalar LoadBFloat16(ushort* source)
    {
        LanesScalar lanes = default;
        for (int i = 0; i < LaneMath.Count; i++)
        {
            lanes._values[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }

        return lanes;
    }

    public static LanesScalar LoadFloat16(ushort* source)
    {
        LanesScalar lanes = default;
        for (int i = 0; i < LaneMath.Count; i++)
        {
            lanes._values[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }

        return lanes;
    }

    public static LanesScalar Broadcast(float value)
    {
        LanesScalar lanes = default;
        ((Span<float>)lanes._values).Fill(value);
        return lanes;
    }

    public static LanesScalar Max(LanesScalar a, LanesScalar b)
    {
        for (int i = 0; i < LaneMath.Count; i++)
        {
            a._values[i] = MathF.Max(a._values[i], b._values[i]);
        }

        return a;
    }

    public static LanesScalar Exp(LanesScalar x)
    {
        for (int i = 0; i < LaneMath.Count; i++)
        {
            x._values[i] = Exp(x._values[i]);
        }

        return x;
    }

    public static LanesScalar Silu(LanesScalar x)
    {
        for (int i = 0; i < LaneMath.Count; i++)
        {
            x._values[i] /= 1 + Exp(-x._values[i]);
        }

        return x;
    }

    public LanesScalar AddProduct(LanesScalar x, LanesScalar y)
    {
        for (int i = 0; i < LaneMath.Count; i++)
        {
            x._values[i] = LaneMath.MultiplyAdd(x._values[i], y._values[i], _values[i]);
        }

        return x;
    }

    public readonly void Store(float* destination)
    {
        for (int i = 0; i < LaneMath.Count; i++)
        {
            destination[i] = _values[i];
        }
    }

    public readonly float Sum()
    {
        Vector128<float> four = default;
        for (int i = 0; i < 4; i++)
        {
            four = four.WithElement(i, _values[i] + _values[i + 8] + (_values[i + 4] + _values[i + 12]));
        }

        return LaneMath.SumOfFour(four);
    }

    // The vector version's algorithm on one lane, for its very bits.
    private static float Exp(float x) => Vector128.Exp(Vector128.CreateScalar(x)).ToScalar();

    [InlineArray(LaneMath.Count)]
    private struct Values
    {
        private float _first;
    }
}
