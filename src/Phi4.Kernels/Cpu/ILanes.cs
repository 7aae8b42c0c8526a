// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// Sixteen F32 lanes: one 512-bit register, two of 256, four of 128 or sixteen numbers. Kernels are written once over this and specialised by the JIT
/// for each; since every implementation rounds alike, all give the same bits.
/// </summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract TSelf Load(float* source);

    /// <summary>Sixteen bfloat16 values, widened exactly.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    /// <summary>Sixteen binary16 values, widened exactly.</summary>
    static abstract TSelf LoadFloat16(ushort* source);

    static abstract TSelf Broadcast(float value);

    /// <summary>This + x * y: one rounding where the machine multiplies and adds at once, else two.</summary>
    TSelf AddProduct(TSelf x, TSelf y);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>e^x of every lane.</summary>
    static abstract TSelf Exp(TSelf x);

    /// <summary>x / (1 + e^-x) of every lane.</summary>
    static abstract TSelf Silu(TSelf x);

    void Store(float* destination);

    /// <summary>The sum of all lanes in one fixed order: lane i with i + 8, then with i + 4, i + 2, i + 1.</summary>
    float Sum();
}

/// <summary>What all lanes share.</summary>
internal static class LaneMath
{
    public const int Count = 16;

    /// <summary>The machine rounds x * y + z once. Fixed for a process, so that all widths agree.</summary>
    public static readonly bool HasFma = Fma.IsSupported || AdvSimd.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float x, float y, float z) => HasFma ? MathF.FusedMultiplyAdd(x, y, z) : x * y + z;

    /// <summary>The last four steps of every sum, from the eight lanes left by the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumOfFour(Vector128<float> four) =>
        four.GetElement(0) + four.GetElement(2) + (four.GetElement(1) + four.GetElement(3));
}
