// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights.Quantization;

/// <summary>Sums over some weights: how much was lost, of how much; as it is, and weighted by what an error in each column costs.</summary>
internal record struct QuantizationError(double SquaredError, double SquaredSum, double WeightedError, double WeightedSum)
{
    /// <summary>Root mean square of the error over that of the weights; 0 where there are none.</summary>
    public readonly double Relative => SquaredSum > 0 ? Math.Sqrt(SquaredError / SquaredSum) : 0;

    public void Add(QuantizationError other) => this = new(
        SquaredError + other.SquaredError, SquaredSum + other.SquaredSum, WeightedError + other.WeightedError, WeightedSum + other.WeightedSum);
}
