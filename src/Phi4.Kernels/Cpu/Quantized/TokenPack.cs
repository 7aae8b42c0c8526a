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
/// Where quantized activations lie: tokens in groups of <paramref name="GroupTokens"/>, the last one filled up with tokens of nothing but zeros. In a group,
/// block after block: codes [8 steps][token][4 inputs], then for each token its start <c>-bias * sum of the codes</c> (int), then the scales
/// (the largest magnitude of the block / 127; NaN where the block holds NaN or infinity), then the sums <c>scale * (float)(sum of the codes)</c>.
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

    /// <summary>Bytes of a token's start, scale and sum in a block.</summary>
    public const int NumberBytes = 3 * sizeof(int);

    /// <summary>Bytes of four inputs of a token.</summary>
    public int StepBytes => Form == TokenForm.Bytes ? 4 : 8;

    public int GroupCount => (TokenCount + GroupTokens - 1) / GroupTokens;

    public long ByteCount => GroupCount * GroupBytes;

    /// <summary>Bytes of the codes of a block of a group.</summary>
    public int CodeBytes => GroupTokens * StepsPerBlock * StepBytes;

    /// <summary>Bytes of a block of a group.</summary>
    public int BlockBytes => CodeBytes + (GroupTokens * NumberBytes);

    private long GroupBytes => (((long)BlockCount * BlockBytes) + 63) & ~63L;

    /// <summary>A block of a group.</summary>
    public byte* Block(int group, int block) => (byte*)Address + (group * GroupBytes) + ((long)block * BlockBytes);
}
