// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu.Dense;

/// <summary>How a step of 32 stored weights, and of the activations beside them, becomes two vectors of sixteen floats.</summary>
internal unsafe interface IWeightReader
{
    static abstract int Bytes { get; }

    /// <summary>Part of the first vector: places [place, place + Count).</summary>
    static abstract TV First<TOps, TV>(byte* step, nint place)
        where TOps : struct, IVectorOps<TV>
        where TV : struct;

    /// <summary>Part of the second vector.</summary>
    static abstract TV Second<TOps, TV>(byte* step, nint place)
        where TOps : struct, IVectorOps<TV>
        where TV : struct;

    /// <summary>32 activations to their two vectors.</summary>
    static abstract void Pack<TOps, TV>(float* inputs, float* first, float* second)
        where TOps : struct, IVectorOps<TV>
        where TV : struct;
}

/// <summary>In order, activations as they are.</summary>
internal readonly unsafe struct InOrder<TElement> : IWeightReader
    where TElement : struct, IElementType
{
    public static int Bytes => TElement.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV First<TOps, TV>(byte* step, nint place)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => TElement.Load<TOps, TV>(step, place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Second<TOps, TV>(byte* step, nint place)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => TElement.Load<TOps, TV>(step, VectorMath.Lanes + place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pack<TOps, TV>(float* inputs, float* first, float* second)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        for (int i = 0; i < VectorMath.Lanes; i += TOps.Count)
        {
            TOps.Store(first + i, TOps.Load(inputs + i));
            TOps.Store(second + i, TOps.Load(inputs + VectorMath.Lanes + i));
        }
    }
}

/// <summary>
/// BF16 in pairs, as AVX512-BF16 takes them: the first vector has the second element of each of sixteen pairs, the second vector the first. Activations are
/// rounded to BF16.
/// </summary>
internal readonly unsafe struct BFloat16Pairs : IWeightReader
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV First<TOps, TV>(byte* step, nint place)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        TOps.LoadPairs((uint*)step + place, out TV second, out _);
        return second;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Second<TOps, TV>(byte* step, nint place)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        TOps.LoadPairs((uint*)step + place, out _, out TV first);
        return first;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pack<TOps, TV>(float* inputs, float* first, float* second)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        ushort* rounded = stackalloc ushort[DenseKernel.StepInputs];
        for (int i = 0; i < DenseKernel.StepInputs; i += TOps.Count)
        {
            TOps.StoreBFloat16(rounded + i, TOps.Load(inputs + i));
        }

        for (int i = 0; i < VectorMath.Lanes; i += TOps.Count)
        {
            TOps.Store(first + i, First<TOps, TV>((byte*)rounded, i));
            TOps.Store(second + i, Second<TOps, TV>((byte*)rounded, i));
        }
    }
}
