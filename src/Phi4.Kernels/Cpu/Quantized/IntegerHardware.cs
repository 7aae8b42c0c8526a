// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>What integer products this machine has. Constants to the compiler.</summary>
internal static class IntegerHardware
{
    /// <summary>Four-way products of bytes, one instruction for 128 and 256 bits on x86, for 128 on Arm.</summary>
    public static bool HasQuadProducts
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => AvxVnni.IsSupported || Dp.IsSupported;
    }

    /// <summary>What weights carry in four-way products: 128 on x86, whose left operand is unsigned, and 0 on Arm.</summary>
    public static int QuadBias
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Dp.IsSupported ? 0 : 128;
    }
}
