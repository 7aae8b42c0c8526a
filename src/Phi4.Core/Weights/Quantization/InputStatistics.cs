// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights.Quantization;

/// <summary>What a text told about the inputs of a matrix.</summary>
/// <param name="MeanSquares">[H]: the mean square of each input: what an error in its column costs.</param>
/// <param name="Moments">
/// For each group of <see cref="GroupSize"/> inputs, the last one shorter, the mean products of two, [n, n] and symmetric; null where only squares are known.
/// </param>
internal sealed record InputStatistics(float[] MeanSquares, IReadOnlyList<float[]>? Moments)
{
    /// <summary>Inputs whose products are kept, all with all: a whole number of blocks.</summary>
    public const int GroupSize = 512;
}
