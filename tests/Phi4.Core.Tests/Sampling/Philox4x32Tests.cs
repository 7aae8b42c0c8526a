// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling;

namespace Phi4.Core.Tests.Sampling;

public sealed class Philox4x32Tests
{
    // The known-answer vectors that Random123 publishes for philox4x32-10: counter, key, result.
    [TestCase(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [TestCase(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [TestCase(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Block_PublishedVector_GivesPublishedWords(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3)
        => Assert.That(Philox4x32.Block((c0, c1, c2, c3), (k0, k1)), Is.EqualTo((x0, x1, x2, x3)));

    [Test]
    public void Uniform_EveryBitOfSeedAndPosition_Counts()
    {
        var seen = new HashSet<double> { Philox4x32.Uniform(0, 0) };
        for (var bit = 0; bit < 64; bit++)
            Assert.That(seen.Add(Philox4x32.Uniform(1L << bit, 0)), $"seed bit {bit}");
        for (var bit = 0; bit < 31; bit++)
            Assert.That(seen.Add(Philox4x32.Uniform(0, 1 << bit)), $"position bit {bit}");
    }

    [TestCase(0L)]
    [TestCase(42L)]
    [TestCase(-1L)]
    public void Uniform_ManyPositions_FillsTheUnitIntervalEvenly(long seed)
    {
        var bins = new int[100];
        var products = 0.0;
        const int DrawCount = 100_000;
        for (var position = 0; position < DrawCount; position++)
        {
            var draw = Philox4x32.Uniform(seed, position);
            Assert.That(draw, Is.InRange(0.0, 1 - double.Epsilon).And.LessThan(1));
            bins[(int)(draw * bins.Length)]++;
            products += (draw - 0.5) * (Philox4x32.Uniform(seed, position + 1) - 0.5);
        }

        Statistics.AssertFits(bins, [.. Enumerable.Repeat(0.01, bins.Length)]);
        // Neighbours are uncorrelated: the mean product has standard deviation 1/12/sqrt(n).
        Assert.That(products / DrawCount, Is.EqualTo(0).Within(5.0 / 12 / Math.Sqrt(DrawCount)));
    }
}
