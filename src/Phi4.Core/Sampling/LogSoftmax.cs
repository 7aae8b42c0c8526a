// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Phi4.Core.Sampling;

/// <summary>
/// Log-probabilities of the model's own distribution: logit - ln(sum of e^logit), the row's maximum taken out first, in float64, in one order
/// of summation. Of a row with infinite logits those share the probability; NaN has none.
/// </summary>
internal static class LogSoftmax
{
    /// <summary>Natural log-probability of one token.</summary>
    /// <exception cref="InvalidLogitsException">Nothing but NaN and negative infinity.</exception>
    public static float Of(ReadOnlySpan<float> logits, int token) => Of(logits[token], Normalise(logits));

    /// <summary>Natural log-probability of a logit under its row's normaliser. The only place that rounds it: equal logits give equal bits.</summary>
    public static float Of(float logit, in Normaliser row)
    {
        if (logit == row.Max)
            return (float)-row.LogSum;
        var logProb = (float)((double)logit - row.Max - row.LogSum);
        return logProb <= 0 ? logProb : float.NegativeInfinity;
    }

    /// <summary>The row's maximum, and ln of the sum of e^(logit - maximum).</summary>
    /// <exception cref="InvalidLogitsException">Nothing but NaN and negative infinity.</exception>
    public static Normaliser Normalise(ReadOnlySpan<float> logits)
    {
        var max = LogitScan.RequireMax(logits);
        ref var first = ref MemoryMarshal.GetReference(logits);
        var sums = Vector256<double>.Zero;
        var i = 0;
        for (; i <= logits.Length - LogitScan.LaneCount; i += LogitScan.LaneCount)
            sums += Weigh(Vector256.LoadUnsafe(ref first, (nuint)i), max);
        if (i < logits.Length)
        {
            Span<float> tail = stackalloc float[LogitScan.LaneCount];
            tail.Fill(float.NegativeInfinity);
            logits[i..].CopyTo(tail);
            sums += Weigh(Vector256.Create<float>(tail), max);
        }

        return new Normaliser(max, Math.Log(LogitScan.Fold(sums)));
    }

    private static Vector256<double> Weigh(Vector256<float> logits, float max)
    {
        var (low, high) = Vector256.Widen(logits);
        return Weigh(low, max) + Weigh(high, max);
    }

    private static Vector256<double> Weigh(Vector256<double> logits, double max)
    {
        var top = Vector256.Create(max);
        var distance = Vector256.ConditionalSelect(Vector256.Equals(logits, top), Vector256<double>.Zero, logits - top);
        // Beyond -745 e^x is 0; so it is for NaN, which fails every comparison.
        return Vector256.ConditionalSelect(Vector256.GreaterThan(distance, Vector256.Create(-745.0)), Vector256.Exp(distance), Vector256<double>.Zero);
    }

    /// <summary>What turns a row's logits into log-probabilities.</summary>
    /// <param name="Max">Largest logit.</param>
    /// <param name="LogSum">ln(sum of e^(logit - Max)), 0 or more.</param>
    internal readonly record struct Normaliser(float Max, double LogSum);
}
