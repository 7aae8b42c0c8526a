// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// What kernels need of a vector of <see cref="Count"/> floats. Each operation rounds each element alone, so a kernel that keeps sixteen lanes
/// gives the same bits with one vector of 16, two of 8, four of 4 or sixteen scalars.
/// </summary>
/// <typeparam name="TV">The vector.</typeparam>
internal unsafe interface IVectorOps<TV>
    where TV : struct
{
    static abstract int Count { get; }

    static abstract TV Broadcast(float value);

    static abstract TV Load(float* source);

    static abstract void Store(float* destination, TV value);

    static abstract TV LoadBFloat16(ushort* source);

    /// <summary>Rounded as by <see cref="RoundToBFloat16"/>.</summary>
    static abstract void StoreBFloat16(ushort* destination, TV value);

    static abstract TV LoadHalf(ushort* source);

    /// <summary>Words of two BF16 values each: the upper halves and the lower ones, widened.</summary>
    static abstract void LoadPairs(uint* source, out TV upper, out TV lower);

    /// <summary>To the nearest BF16 value, ties to even, widened again; NaN stays NaN.</summary>
    static abstract TV RoundToBFloat16(TV value);

    static abstract TV Add(TV left, TV right);

    static abstract TV Subtract(TV left, TV right);

    static abstract TV Multiply(TV left, TV right);

    static abstract TV Divide(TV left, TV right);

    /// <summary>a * b + c: rounded once where <see cref="VectorHardware.HasFma"/>, twice elsewhere.</summary>
    static abstract TV MultiplyAdd(TV a, TV b, TV c);

    /// <summary>Where left &lt; right (never for NaN) the third, elsewhere the fourth.</summary>
    static abstract TV SelectLess(TV left, TV right, TV ifLess, TV otherwise);

    /// <summary>2^n for integral n in [-126, 127].</summary>
    static abstract TV PowerOfTwo(TV n);
}

/// <summary>What decides the arithmetic on this machine.</summary>
internal static class VectorHardware
{
    /// <summary>Adding this leaves n + 127 in the low bits of the float: the exponent field of 2^n, once shifted up by 23.</summary>
    public const float ExponentMagic = 12582912f + 127f;

    /// <summary>One rounding for a * b + c. A constant to the compiler; the one property of a machine that changes results.</summary>
    public static bool HasFma
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Fma.IsSupported || AdvSimd.IsSupported;
    }
}
