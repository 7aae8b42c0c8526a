// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>4 lanes.</summary>
internal readonly unsafe struct Vector128Integers : IIntegerOps<Vector128<int>, Vector128<float>>
{
    public static bool HasByteProducts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Ssse3.IsSupported;
    }

    public static bool HasQuadProducts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IntegerHardware.HasQuadProducts;
    }

    public static Vector128<int> Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128<int>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Load(void* source) => Vector128.Load((int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Broadcast(void* source) => Vector128.Create(*(int*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Add(Vector128<int> left, Vector128<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(Vector128<int> bytes, out Vector128<int> even, out Vector128<int> odd)
    {
        Vector128<short> pairs = bytes.AsInt16();
        even = ((pairs << 8) >> 8).AsInt32();
        odd = (pairs >> 8).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SplitHalves(Vector128<int> bytes, out Vector128<int> low, out Vector128<int> high)
    {
        Vector128<int> mask = Vector128.Create(0x0F0F0F0F);
        low = bytes & mask;
        high = (bytes >>> 4) & mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Lookup(sbyte* table, Vector128<int> indices) => Vector128.ShuffleNative(Vector128.Load(table), indices.AsSByte()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Bias(Vector128<int> bytes) => bytes ^ Vector128.Create(unchecked((int)0x80808080));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddPairs(Vector128<int> sum, Vector128<int> left, Vector128<int> right)
    {
        if (Sse2.IsSupported)
        {
            return sum + Sse2.MultiplyAddAdjacent(left.AsInt16(), right.AsInt16());
        }

        return sum + (((left << 16) >> 16) * ((right << 16) >> 16)) + ((left >> 16) * (right >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddBytes(Vector128<int> sum, Vector128<int> unsigned, Vector128<int> signed)
        => (sum.AsInt16() + Ssse3.MultiplyAddAdjacent(unsigned.AsByte(), signed.AsSByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddPairs(Vector128<int> sums) => ((sums << 16) >> 16) + (sums >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyAddQuads(Vector128<int> sum, Vector128<int> left, Vector128<int> right)
    {
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sum, left.AsByte(), right.AsSByte());
        }

        if (Dp.IsSupported)
        {
            return Dp.DotProduct(sum, left.AsSByte(), right.AsSByte());
        }

        // No machine takes this way; tests of the four-way route do.
        for (int place = 0; place < 32; place += 8)
        {
            sum += ((left >>> place) & Vector128.Create(255)) * ((right << (24 - place)) >> 24);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToSingle(Vector128<int> value) => Vector128.ConvertToSingle(value);
}
