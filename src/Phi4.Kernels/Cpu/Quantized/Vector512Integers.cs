// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>16 lanes.</summary>
internal readonly unsafe struct Vector512Integers : IIntegerOps<Vector512<int>, Vector512<float>>
{
    public static bool HasByteProducts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Ssse3.IsSupported;
    }

    public static bool HasQuadProducts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    public static Vector512<int> Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<int>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(void* source) => Vector512.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(void* source) => Vector512.Create(*(int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> left, Vector512<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(Vector512<int> bytes, out Vector512<int> even, out Vector512<int> odd)
    {
        Vector512<short> pairs = bytes.AsInt16();
        even = ((pairs << 8) >> 8).AsInt32();
        odd = (pairs >> 8).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SplitHalves(Vector512<int> bytes, out Vector512<int> low, out Vector512<int> high)
    {
        Vector512<int> mask = Vector512.Create(0x0F0F0F0F);
        low = bytes & mask;
        high = (bytes >>> 4) & mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Lookup(sbyte* table, Vector512<int> indices)
        => Avx512BW.IsSupported
            ? Avx512BW.Shuffle(Avx512F.BroadcastVector128ToVector512((int*)table).AsSByte(), indices.AsSByte()).AsInt32()
            : Vector512.Create(Vector256Integers.Lookup(table, indices.GetLower()), Vector256Integers.Lookup(table, indices.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Bias(Vector512<int> bytes) => bytes ^ Vector512.Create(unchecked((int)0x80808080));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAddPairs(Vector512<int> sum, Vector512<int> left, Vector512<int> right)
        => Avx512BW.IsSupported
            ? sum + Avx512BW.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16())
            : Vector512.Create(Vector256Integers.MultiplyAddPairs(sum.GetLower(), left.GetLower(), right.GetLower()), Vector256Integers.MultiplyAddPairs(sum.GetUpper(), left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAddBytes(Vector512<int> sum, Vector512<int> unsigned, Vector512<int> signed)
        => Avx512BW.IsSupported
            ? (sum.AsInt16() + Avx512BW.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte())).AsInt32()
            : Vector512.Create(Vector256Integers.MultiplyAddBytes(sum.GetLower(), unsigned.GetLower(), signed.GetLower()), Vector256Integers.MultiplyAddBytes(sum.GetUpper(), unsigned.GetUpper(), signed.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddPairs(Vector512<int> sums)
        => Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(sums.AsInt16(), Vector512.Create((short)1))
            : ((sums << 16) >> 16) + (sums >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAddQuads(Vector512<int> sum, Vector512<int> left, Vector512<int> right)
        => Vector512.Create(Vector256Integers.MultiplyAddQuads(sum.GetLower(), left.GetLower(), right.GetLower()), Vector256Integers.MultiplyAddQuads(sum.GetUpper(), left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ToSingle(Vector512<int> value) => Vector512.ConvertToSingle(value);
}
