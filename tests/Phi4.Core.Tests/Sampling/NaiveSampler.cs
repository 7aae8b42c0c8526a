// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests.Sampling;

/// <summary>The definitions, in float64, by sorting. Says when a boundary is so close that float32 may fall on the other side.</summary>
internal sealed class NaiveSampler(GenerationOptions options)
{
    private const double Doubt = 1e-5;

    public bool Doubtful { get; private set; }

    // logits: double, adjusted already. Result: probabilities by id.
    public double[] Distribution(double[] logits)
    {
        var ids = Enumerable.Range(0, logits.Length).Where(id => logits[id] > double.NegativeInfinity).ToArray();
        if (options.TopK is > 0)
            ids = [.. ids.OrderByDescending(id => logits[id]).ThenBy(id => id).Take(options.TopK.Value)];
        var max = ids.Max(id => logits[id]);
        var p = new double[logits.Length];
        foreach (var id in ids)
            p[id] = logits[id] == max ? 1 : Math.Exp((logits[id] - max) / options.Temperature!.Value);
        Normalise(p);

        if (options.TypicalP is < 1)
        {
            var entropy = p.Where(q => q > 0).Sum(q => -q * Math.Log(q));
            p = Nucleus(p, id => -Math.Abs(-Math.Log(p[id]) - entropy), options.TypicalP.Value);
        }

        if (options.TopP is < 1)
            p = Nucleus(p, id => p[id], options.TopP.Value);
        if (options.MinP is > 0)
        {
            var threshold = options.MinP.Value * p.Max();
            Doubtful |= p.Any(q => q != p.Max() && Math.Abs(q / threshold - 1) < Doubt);
            p = [.. p.Select(q => q >= threshold ? q : 0)];
            Normalise(p);
        }

        return p;
    }

    private double[] Nucleus(double[] p, Func<int, double> rank, double share)
    {
        var order = Enumerable.Range(0, p.Length).Where(id => p[id] > 0).OrderByDescending(rank).ThenBy(id => id).ToArray();
        var kept = new double[p.Length];
        var sum = 0.0;
        for (var i = 0; i < order.Length && sum < share; i++)
        {
            kept[order[i]] = p[order[i]];
            sum += p[order[i]];
            Doubtful |= Math.Abs(sum - share) < Doubt;
            if (sum < share)
                continue;
            // Nearly equal ranks at the cut may come in another order, unless they are equal because the probabilities are.
            var near = order.Where(id => Math.Abs(rank(id) - rank(order[i])) < Doubt).ToArray();
            Doubtful |= near.Any(id => p[id] != p[near[0]]);
        }

        Normalise(kept);
        return kept;
    }

    private static void Normalise(double[] p)
    {
        var total = p.Sum();
        for (var i = 0; i < p.Length; i++)
            p[i] /= total;
    }
}
