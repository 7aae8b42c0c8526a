// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels;

/// <summary>How a token is to be chosen from one row of logits; kernels/sample.cuh has the same struct. The meaning of the numbers is the sampler's (Core).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SamplingRow
{
    public long Seed;

    /// <summary>Where in the plan the bits of the allowed tokens are; 0 if all are.</summary>
    public long AllowedAt;
    public long BiasesAt;
    public long SeenAt;
    public int BiasCount;
    public int SeenCount;

    /// <summary>Tokens in the answer before this one.</summary>
    public int Position;
    public int TopK;
    public float Temperature;
    public float TopP;
    public float MinP;
    public float RepetitionPenalty;
    public float FrequencyPenalty;
    public float PresencePenalty;

    /// <summary>1, or 0 for a row whose token somebody else chooses.</summary>
    public int IsPlanned;
    public int Reserved;
}
