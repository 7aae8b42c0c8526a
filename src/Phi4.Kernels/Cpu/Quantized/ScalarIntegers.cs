// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>One lane.</summary>
internal readonly unsafe struct ScalarIntegers : IIntegerOps<int, float>
{
    public static bool HasByteProducts => false;

    public static bool HasQuadProducts => false;

    public static int Zero => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Load(void* source) => *(int*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Broadcast(void* source) => *(int*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Add(int left, int right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(int bytes, out int even, out int odd)
    {
        even = (bytes << 8 >> 24 << 16) | ((sbyte)bytes & 0xFFFF);
        odd = (bytes >> 24 << 16) | ((sbyte)(bytes >> 8) & 0xFFFF);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SplitHalves(int bytes, out int low, out int high)
    {
        low = bytes & 0x0F0F0F0F;
        high = (bytes >> 4) & 0x0F0F0F0F;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Lookup(sbyte* table, int indices)
        => (byte)table[indices & 15]
            | ((byte)table[(indices >> 8) & 15] << 8)
            | ((byte)table[(indices >> 16) & 15] << 16)
            | (table[(indices >> 24) & 15] << 24);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bias(int bytes) => bytes ^ unchecked((int)0x80808080);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MultiplyAddPairs(int sum, int left, int right) => sum + ((short)left * (short)right) + ((left >> 16) * (right >> 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MultiplyAddBytes(int sum, int unsigned, int signed)
    {
        int low = (short)sum + ((byte)unsigned * (sbyte)signed) + ((byte)(unsigned >> 8) * (sbyte)(signed >> 8));
        int high = (sum >> 16) + ((byte)(unsigned >> 16) * (sbyte)(signed >> 16)) + ((byte)(unsigned >> 24) * (signed >> 24));
        return (ushort)low | (high << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int AddPairs(int sums) => (short)sums + (sums >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int MultiplyAddQuads(int sum, int left, int right)
    {
        for (int place = 0; place < 32; place += 8)
        {
            int weight = IntegerHardware.QuadBias == 0 ? (sbyte)(left >> place) : (byte)(left >> place);
            sum += weight * (sbyte)(right >> place);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(int value) => value;
}
