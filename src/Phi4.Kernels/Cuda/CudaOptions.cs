// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Modules;

namespace Phi4.Kernels.Cuda;

/// <summary>How a CUDA backend is made.</summary>
internal sealed record CudaOptions
{
    /// <summary>Activations may be rounded to the 16 bits of the matrix that they meet, which the matrix units need; without, linears are slow.</summary>
    public bool RoundsActivations { get; init; } = true;

    /// <summary>Steps of single tokens are written down as graphs and run by them.</summary>
    public bool RepeatsSteps { get; init; } = true;

    /// <summary>
    /// On Hopper, prompts are multiplied by warpgroups' products, if a trial shows that they give the bits of mma.sync there. <c>PHI4_CUDA_WGMMA=0</c> turns them off.
    /// </summary>
    public bool UsesWarpgroups { get; init; } = Environment.GetEnvironmentVariable("PHI4_CUDA_WGMMA") != "0";

    /// <summary>The compiled kernels.</summary>
    public KernelImages? Images { get; init; } = KernelImages.Embedded;

    /// <summary>Where modules that the driver compiled are kept; null for nowhere.</summary>
    public ModuleCache? Cache { get; init; } = ModuleCache.OfUser();

    /// <summary>Most tokens of a step, for memory that is taken at once; more is taken when it is needed.</summary>
    public int StepTokens { get; init; }

    /// <summary>Inputs of the widest matrix, likewise.</summary>
    public int WidestInput { get; init; }

    /// <summary>Bytes of a pinned buffer for copies.</summary>
    public int StagingBytes { get; init; } = 16 << 20;

    /// <summary>Pinned buffers: copies that can be on their way at once.</summary>
    public int StagingCount { get; init; } = 4;
}
