// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>How a kernel wants four inputs of a token.</summary>
internal enum TokenForm
{
    /// <summary>Four signed bytes.</summary>
    Bytes,

    /// <summary>Four 16-bit values, inputs 0 and 2 first, then 1 and 3.</summary>
    Pairs,
}

/// <summary>
/// Where quantized activations lie: tokens in groups of <paramref name="GroupTokens"/>, the last one filled up with tokens of nothing but zeros. In a group
/// codes [block][8 steps][token][4 inputs], then scales, starts and sums [block][token] each.
/// </summary>
/// <param name="Address">First byte.</param>
/// <param name="TokenCount">Tokens without the filling.</param>
/// <param name="GroupTokens">Tokens that a kernel takes at once.</param>
/// <param name="Form">Form of the codes.</param>
/// <param name="BlockCount">Blocks of 32 inputs of a token.</param>
/// <param name="Bias">What the kernel's weights are above those that are meant.</param>
internal readonly unsafe record struct TokenPack(nint Address, int TokenCount, int GroupTokens, TokenForm Form, int BlockCount, int Bias)
{
    public const int StepsPerBlock = BlockLayout.BlockSize / 4;

    /// <summary>Bytes of four inputs of a token.</summary>
    public int StepBytes => Form == TokenForm.Bytes ? 4 : 8;

    public int GroupCount => (TokenCount + GroupTokens - 1) / GroupTokens;

    public long ByteCount => GroupCount * GroupBytes;

    private long CodeBytes => (long)BlockCount * StepsPerBlock * GroupTokens * StepBytes;

    private long NumberBytes => (long)BlockCount * GroupTokens * 4;

    private long GroupBytes => (CodeBytes + (3 * NumberBytes) + 63) & ~63L;

    /// <summary>A group from one of its blocks on.</summary>
    public TokenGroup Group(int group, int block)
    {
        byte* start = (byte*)Address + (group * GroupBytes);
        long number = (long)block * GroupTokens * 4;
        byte* numbers = start + CodeBytes + number;
        return new TokenGroup(
            (sbyte*)(start + ((long)block * StepsPerBlock * GroupTokens * StepBytes)),
            (float*)numbers,
            (int*)(numbers + NumberBytes),
            (float*)(numbers + (2 * NumberBytes)));
    }
}

/// <summary>A group of quantized tokens from some block on.</summary>
internal readonly unsafe struct TokenGroup(sbyte* codes, float* scales, int* starts, float* sums)
{
    public sbyte* Codes { get; } = codes;

    /// <summary>The largest magnitude of the block / 127; NaN where the block holds NaN or infinity.</summary>
    public float* Scales { get; } = scales;

    /// <summary>-bias * sum of the codes.</summary>
    public int* Starts { get; } = starts;

    /// <summary>Scale * (float)(sum of the codes).</summary>
    public float* Sums { get; } = sums;
}
