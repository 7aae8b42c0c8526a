// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>8 lanes.</summary>
internal readonly unsafe struct Vector256Integers : IIntegerOps<Vector256<int>, Vector256<float>>
{
    public static bool HasByteProducts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Ssse3.IsSupported;
    }

    public static bool HasQuadProducts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => AvxVnni.IsSupported;
    }

    public static Vector256<int> Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256<int>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(void* source) => Vector256.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(void* source) => Vector256.Create(*(int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(Vector256<int> bytes, out Vector256<int> even, out Vector256<int> odd)
    {
        Vector256<short> pairs = bytes.AsInt16();
        even = ((pairs << 8) >> 8).AsInt32();
        odd = (pairs >> 8).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SplitHalves(Vector256<int> bytes, out Vector256<int> low, out Vector256<int> high)
    {
        Vector256<int> mask = Vector256.Create(0x0F0F0F0F);
        low = bytes & mask;
        high = (bytes >>> 4) & mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Lookup(sbyte* table, Vector256<int> indices)
        => Avx2.IsSupported
            ? Avx2.Shuffle(Avx2.BroadcastVector128ToVector256((int*)table).AsSByte(), indices.AsSByte()).AsInt32()
            : Vector256.Create(Vector128Integers.Lookup(table, indices.GetLower()), Vector128Integers.Lookup(table, indices.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Bias(Vector256<int> bytes) => bytes ^ Vector256.Create(unchecked((int)0x80808080));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddPairs(Vector256<int> sum, Vector256<int> left, Vector256<int> right)
        => Avx2.IsSupported
            ? sum + Avx2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16())
            : Vector256.Create(Vector128Integers.MultiplyAddPairs(sum.GetLower(), left.GetLower(), right.GetLower()), Vector128Integers.MultiplyAddPairs(sum.GetUpper(), left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddBytes(Vector256<int> sum, Vector256<int> unsigned, Vector256<int> signed)
        => Avx2.IsSupported
            ? (sum.AsInt16() + Avx2.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte())).AsInt32()
            : Vector256.Create(Vector128Integers.MultiplyAddBytes(sum.GetLower(), unsigned.GetLower(), signed.GetLower()), Vector128Integers.MultiplyAddBytes(sum.GetUpper(), unsigned.GetUpper(), signed.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddPairs(Vector256<int> sums)
        => Avx2.IsSupported
            ? Avx2.MultiplyAddAdjacent(sums.AsInt16(), Vector256.Create((short)1))
            : ((sums << 16) >> 16) + (sums >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyAddQuads(Vector256<int> sum, Vector256<int> left, Vector256<int> right)
        => AvxVnni.IsSupported
            ? AvxVnni.MultiplyWideningAndAdd(sum, left.AsByte(), right.AsSByte())
            : Vector256.Create(Vector128Integers.MultiplyAddQuads(sum.GetLower(), left.GetLower(), right.GetLower()), Vector128Integers.MultiplyAddQuads(sum.GetUpper(), left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToSingle(Vector256<int> value) => Vector256.ConvertToSingle(value);
}
