// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Sampling;

namespace Phi4.Core.Tests.Sampling;

public sealed class MassSelectTests
{
    private static readonly Gen<float> GenRank = Gen.Frequency(
        (4, Gen.Single),
        (4, Gen.Int[-3, 3].Select(i => (float)i)),
        (1, Pick(float.NaN, float.NegativeInfinity, float.PositiveInfinity, 0f, -0f, float.MinValue, float.MaxValue, float.Epsilon)));

    [Test]
    public void Select_Count_TakesTheBestLowestIndexOnTies() => Gen.Select(GenRank.Array[1, 100], Gen.Int[1, 110]).Sample((ranks, count) =>
    {
        var expected = Order(ranks).Take(count).Order();
        Assert.That(new MassSelect(ranks.Length).Select(ranks, [], count).ToArray(), Is.EqualTo(expected));
    });

    // Whole numbers as weights: every order of summation is exact, so the boundary is too.
    [Test]
    public void Select_Mass_TakesTheFewestThatReachIt() => Gen.Select(Gen.Select(GenRank, Gen.Int[1, 9]).Array[1, 100], Gen.Int[1, 500]).Sample((items, mass) =>
    {
        var ranks = items.Select(item => item.Item1).ToArray();
        var weights = items.Select(item => (float)item.Item2).ToArray();
        var sum = 0f;
        var expected = Order(ranks).TakeWhile(i => (sum += weights[i]) - weights[i] < mass).Order();
        Assert.That(new MassSelect(ranks.Length).Select(ranks, weights, mass).ToArray(), Is.EqualTo(expected));
    });

    // Sums of tenths round differently by bucket and by item; a mass beyond the reach of either must give all, never fewer.
    [Test]
    public void Select_MassOfEverything_TakesEverythingThatWeighs() => Gen.Float[0.001f, 1f].Array[1, 200].Sample(weights =>
        Assert.That(new MassSelect(weights.Length).Select(weights, weights, weights.Sum(w => (double)w) * 1.0000001).Length, Is.EqualTo(weights.Length)));

    [TestCase(float.NaN, 3f)]
    [TestCase(float.NegativeInfinity, 3f)]
    [TestCase(float.NaN, 0f)]
    public void Select_NothingThatMayBeTaken_TakesNothing(float rank, float weight)
        => Assert.That(new MassSelect(2).Select([rank, rank], [weight, weight], 15).ToArray(), Is.Empty);

    // Long enough to be narrowed: spread, peaked, full of ties, with infinities, tiny and huge.
    [Test]
    public void Select_LongRows_TakesWhatSortingWould(
        [Values("spread", "peaked", "ties", "equal", "wild")] string kind, [Values(1, 50, 9_000, 29_999, 1e9)] double mass)
    {
        const int Count = 30_000;
        var random = new Random(4);
        var ranks = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            ranks[i] = kind switch
            {
                "spread" => random.NextSingle() - 0.5f,
                "peaked" => (float)Math.Pow(random.NextDouble(), 40) * 30,
                "ties" => random.Next(-3, 4),
                "equal" => -1.5f,
                _ => random.Next(20) switch
                {
                    0 => float.NaN,
                    1 => float.NegativeInfinity,
                    2 => float.MaxValue,
                    3 => float.MinValue,
                    4 => -0f,
                    5 => float.Epsilon,
                    _ => BitConverter.Int32BitsToSingle(random.Next()) is var x && float.IsFinite(x) ? x : 0f,
                },
            };
        }

        var weights = Enumerable.Range(0, Count).Select(_ => (float)random.Next(1, 10)).ToArray();
        var select = new MassSelect(Count);
        Assert.That(select.Select(ranks, [], mass).ToArray(), Is.EqualTo(Order(ranks).Take((int)mass).Order()), "by number");
        var sum = 0.0;
        var expected = Order(ranks).TakeWhile(i => (sum += weights[i]) - weights[i] < mass).Order().ToArray();
        Assert.That(select.Select(ranks, weights, mass).ToArray(), Is.EqualTo(expected), "by mass");
        var kept = weights.ToArray();
        select.Keep(ranks, kept, mass);
        Assert.That(kept.Index().Where(item => item.Item > 0).Select(item => item.Index), Is.EqualTo(expected), "left in the weights");
    }

    private static IEnumerable<int> Order(float[] ranks) => Enumerable.Range(0, ranks.Length)
        .Where(i => ranks[i] > float.NegativeInfinity).OrderByDescending(i => ranks[i] + 0f).ThenBy(i => i);

    private static Gen<float> Pick(params float[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
