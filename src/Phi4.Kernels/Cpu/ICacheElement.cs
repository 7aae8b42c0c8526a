// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>A type of the KV cache: how a vector of words of 32 bits is widened.</summary>
internal unsafe interface ICacheElement
{
    /// <summary>Values in a word.</summary>
    static abstract int PerWord { get; }

    /// <summary>The values of Count words: of two to a word, the upper ones come first, as they do in sums.</summary>
    static abstract void Load<TOps, TV>(byte* words, out TV first, out TV second)
        where TOps : struct, IVectorOps<TV>
        where TV : struct;
}

/// <summary>binary32: one to a word.</summary>
internal readonly unsafe struct SingleCache : ICacheElement
{
    public static int PerWord => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<TOps, TV>(byte* words, out TV first, out TV second)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        first = TOps.Load((float*)words);
        second = first;
    }
}

/// <summary>bfloat16: two to a word.</summary>
internal readonly unsafe struct BFloat16Cache : ICacheElement
{
    public static int PerWord => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<TOps, TV>(byte* words, out TV first, out TV second)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => TOps.LoadPairs((uint*)words, out first, out second);
}
