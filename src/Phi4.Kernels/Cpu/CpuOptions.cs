// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <summary>How the CPU backend uses the machine.</summary>
internal sealed record CpuOptions
{
    private const int MostThreads = 1024;

    /// <summary>Threads that compute, the caller included; null for one a processor that this process may use.</summary>
    public int? ThreadCount { get; init; }

    /// <summary>Vectors to use; wider than the machine has works too, slowly. Results are the same bits at every width.</summary>
    public VectorWidth VectorWidth { get; init; }

    /// <summary>Use kernels written as machine code where the machine takes them; the same results either way (docs/numerics.md has the one exception).</summary>
    public bool UsesMachineCode { get; init; } = true;

    /// <summary>Multiply BF16 weights by activations rounded to BF16; otherwise by activations as they are.</summary>
    public bool RoundsActivations { get; init; } = true;

    /// <summary>The thread count, decided.</summary>
    public int ResolveThreadCount() => ThreadCount switch
    {
        null => Math.Clamp(Environment.ProcessorCount, 1, MostThreads),
        >= 1 and <= MostThreads => ThreadCount.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(ThreadCount), ThreadCount, $"Threads must be 1 to {MostThreads}."),
    };
}

/// <summary>A vector unit by its width in bits.</summary>
internal enum VectorWidth
{
    /// <summary>The widest that the machine has.</summary>
    Auto,

    /// <summary>AVX-512.</summary>
    V512,

    /// <summary>AVX2.</summary>
    V256,

    /// <summary>SSE, Arm AdvSimd.</summary>
    V128,

    /// <summary>No vector unit.</summary>
    Scalar,
}

/// <summary>Which width a machine gets.</summary>
internal static class VectorWidths
{
    public static VectorWidth Resolve(VectorWidth asked) => asked switch
    {
        VectorWidth.Auto when Vector512.IsHardwareAccelerated => VectorWidth.V512,
        VectorWidth.Auto when Vector256.IsHardwareAccelerated => VectorWidth.V256,
        VectorWidth.Auto when Vector128.IsHardwareAccelerated => VectorWidth.V128,
        VectorWidth.Auto => VectorWidth.Scalar,
        >= VectorWidth.V512 and <= VectorWidth.Scalar => asked,
        _ => throw new ArgumentOutOfRangeException(nameof(asked), asked, "Not a known vector width."),
    };
}
