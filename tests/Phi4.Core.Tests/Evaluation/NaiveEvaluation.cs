// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests.Evaluation;

/// <summary>Perplexity and divergence from rows of logits in the plainest float64: no windows, no tricks.</summary>
internal static class NaiveEvaluation
{
    public static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double[] values = [.. logits.ToArray().Select(logit => (double)logit)];
        double largest = values.Max();
        double logSum = Math.Log(values.Sum(value => Math.Exp(value - largest))) + largest;
        return [.. values.Select(value => value - logSum)];
    }

    public static double Kl(double[] p, double[] q) => p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum();

    /// <summary>Log-probabilities of every row of a sequence, each by a forward pass over its own prefix.</summary>
    public static IReadOnlyList<double[]> Rows(Phi4Model model, IReadOnlyList<int> tokens)
    {
        List<double[]> rows = [];
        for (int length = 1; length < tokens.Count; length++)
        {
            using Phi4Sequence sequence = model.CreateSequence();
            sequence.Append([.. tokens.Take(length)]);
            rows.Add(LogSoftmax(sequence.Forward()));
        }

        return rows;
    }
}
