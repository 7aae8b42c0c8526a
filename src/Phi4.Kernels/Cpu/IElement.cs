// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>A type that weights and cached values are stored in: how sixteen of them become lanes.</summary>
internal unsafe interface IElement
{
    static abstract int Size { get; }

    static abstract TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes<TLanes>;
}

/// <summary>binary32.</summary>
internal readonly unsafe struct Float32Element : IElement
{
    public static int Size => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes<TLanes> => TLanes.Load((float*)source);
}

/// <summary>bfloat16.</summary>
internal readonly unsafe struct BFloat16Element : IElement
{
    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes<TLanes> => TLanes.LoadBFloat16((ushort*)source);
}

/// <summary>binary16.</summary>
internal readonly unsafe struct Float16Element : IElement
{
    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes<TLanes> => TLanes.LoadFloat16((ushort*)source);
}
