// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>A mean over tokens and how far chance may have moved it.</summary>
/// <param name="Value">The mean.</param>
/// <param name="StandardError">
/// Standard deviation over the square root of the number, as if tokens were independent; they are not quite, so the true one is somewhat larger.
/// 0 for a single token.
/// </param>
public readonly record struct Estimate(double Value, double StandardError)
{
    internal static Estimate Mean(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        double squares = values.Sum(value => (value - mean) * (value - mean));
        return new Estimate(mean, values.Count > 1 ? Math.Sqrt(squares / (values.Count - 1) / values.Count) : 0);
    }

    /// <summary>e to the power of it, the error carried along to first order.</summary>
    internal Estimate Exp() => new(Math.Exp(Value), Math.Exp(Value) * StandardError);
}
