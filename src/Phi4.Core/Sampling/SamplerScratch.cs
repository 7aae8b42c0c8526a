// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling;

/// <summary>Working memory for choosing tokens, about 32 bytes per token of the vocabulary, reused for every row. One thread at a time.</summary>
internal sealed class SamplerScratch(int vocabSize)
{
    /// <summary>The row after bias, masks and penalties.</summary>
    public float[] Adjusted { get; } = new float[vocabSize];

    public Candidates Candidates { get; } = new(vocabSize);

    /// <summary>For the most probable tokens of a report.</summary>
    public MassSelect Select { get; } = new(vocabSize);
}
