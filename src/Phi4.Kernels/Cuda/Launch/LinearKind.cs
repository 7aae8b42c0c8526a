// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Launch;

/// <summary>The kernels that multiply by a matrix.</summary>
internal enum LinearKind
{
    /// <summary>Activations as they are, any shape: one warp a result.</summary>
    Exact,

    /// <summary>Matrix units, a few tokens a block.</summary>
    Skinny,

    /// <summary>Matrix units, 128 tokens a block.</summary>
    Tiled,

    /// <summary>Products of warpgroups, 128 tokens a block; Hopper only.</summary>
    Warpgroups,

    /// <summary>Matrix units, a few tokens a block, over int8 or int4.</summary>
    Blocks,
}
