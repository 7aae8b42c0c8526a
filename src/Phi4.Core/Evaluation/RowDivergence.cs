// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Phi4.Core.Sampling;

namespace Phi4.Core.Evaluation;

/// <summary>Two distributions over the vocabulary, compared in float64.</summary>
/// <param name="Kl">Sum of p (ln p - ln q), p the base's; at least 0.</param>
/// <param name="BaseLogProb">ln p of the text's token.</param>
/// <param name="LogProb">ln q of it.</param>
/// <param name="SameTop">Both find the same token most probable, the lower id on ties.</param>
internal readonly record struct RowDivergence(double Kl, double BaseLogProb, double LogProb, bool SameTop)
{
    /// <exception cref="InvalidLogitsException">Nothing but NaN and negative infinity.</exception>
    public static RowDivergence Of(ReadOnlySpan<float> baseLogits, ReadOnlySpan<float> logits, int token)
    {
        LogSoftmax.Normaliser p = LogSoftmax.Normalise(baseLogits);
        LogSoftmax.Normaliser q = LogSoftmax.Normalise(logits);
        return new RowDivergence(
            Math.Max(0, Sum(baseLogits, logits, p, q)),
            LogProbOf(baseLogits[token], p),
            LogProbOf(logits[token], q),
            baseLogits.IndexOf(p.Max) == logits.IndexOf(q.Max));
    }

    /// <summary>Natural log-probability of a logit, unrounded.</summary>
    public static double LogProbOf(float logit, in LogSoftmax.Normaliser row) => (double)logit - row.Max - row.LogSum;

    private static double Sum(ReadOnlySpan<float> baseLogits, ReadOnlySpan<float> logits, in LogSoftmax.Normaliser p, in LogSoftmax.Normaliser q)
    {
        ReadOnlySpan<Vector256<float>> a = MemoryMarshal.Cast<float, Vector256<float>>(baseLogits);
        ReadOnlySpan<Vector256<float>> b = MemoryMarshal.Cast<float, Vector256<float>>(logits);
        Vector256<double> sums = default;
        for (int i = 0; i < a.Length; i++)
        {
            (Vector256<double> aLow, Vector256<double> aHigh) = Vector256.Widen(a[i]);
            (Vector256<double> bLow, Vector256<double> bHigh) = Vector256.Widen(b[i]);
            sums += Term(aLow, bLow, p, q) + Term(aHigh, bHigh, p, q);
        }

        double sum = Vector256.Sum(sums);
        for (int i = a.Length * Vector256<float>.Count; i < baseLogits.Length; i++)
        {
            sum += Term(Vector256.Create((double)baseLogits[i]), Vector256.Create((double)logits[i]), p, q)[0];
        }

        return sum;
    }

    private static Vector256<double> Term(Vector256<double> a, Vector256<double> b, in LogSoftmax.Normaliser p, in LogSoftmax.Normaliser q)
    {
        Vector256<double> logP = a - Vector256.Create((double)p.Max) - Vector256.Create(p.LogSum);
        Vector256<double> logQ = b - Vector256.Create((double)q.Max) - Vector256.Create(q.LogSum);

        // Where p is 0 the term is, whatever q: beyond -745 e^x is 0.
        Vector256<double> term = Vector256.Exp(logP) * (logP - logQ);
        return Vector256.ConditionalSelect(Vector256.LessThan(logP, Vector256.Create(-745.0)), Vector256<double>.Zero, term);
    }
}
