// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>A stored element type, widened to F32 on load: exact for all three.</summary>
internal unsafe interface IElementType
{
    static abstract int Bytes { get; }

    /// <summary>Elements [index, index + Count) of a row.</summary>
    static abstract TV Load<TOps, TV>(byte* row, nint index)
        where TOps : struct, IVectorOps<TV>
        where TV : struct;
}

/// <summary>binary32.</summary>
internal readonly unsafe struct SingleElement : IElementType
{
    public static int Bytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Load<TOps, TV>(byte* row, nint index)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => TOps.Load((float*)row + index);
}

/// <summary>bfloat16.</summary>
internal readonly unsafe struct BFloat16Element : IElementType
{
    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Load<TOps, TV>(byte* row, nint index)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => TOps.LoadBFloat16((ushort*)row + index);
}

/// <summary>binary16.</summary>
internal readonly unsafe struct HalfElement : IElementType
{
    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Load<TOps, TV>(byte* row, nint index)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => TOps.LoadHalf((ushort*)row + index);
}
