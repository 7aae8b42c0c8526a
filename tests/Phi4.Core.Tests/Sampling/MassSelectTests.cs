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

    private static IEnumerable<int> Order(float[] ranks) => Enumerable.Range(0, ranks.Length)
        .Where(i => ranks[i] > float.NegativeInfinity).OrderByDescending(i => ranks[i] + 0f).ThenBy(i => i);

    private static Gen<float> Pick(params float[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
