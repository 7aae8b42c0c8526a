// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4;

/// <summary>Element types of the cache.</summary>
public static class KvCacheTypeExtensions
{
    /// <summary>The type of one stored number, as memory plans and kernels say it.</summary>
    public static DType ElementType(this KvCacheType type) => type switch
    {
        KvCacheType.F32 => DType.F32,
        KvCacheType.BF16 => DType.BF16,
        KvCacheType.Int8 => DType.I8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a known cache type."),
    };
}
