// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Core.Sampling;

namespace Phi4.Core.Tests.Sampling;

[TestFixture]
internal sealed class ExponentialTests
{
    // Spacing of floats at the result, or of the smallest ones.
    private static double Unit(double value) => Math.Max(Math.ScaleB(1, Math.ILogB(value) - 23), float.Epsilon);

    [Test]
    public void OfNegative_ManyNumbers_IsWithinTwoUnits()
    {
        var worst = 0.0;
        for (var x = 0f; x > -103.9f; x = x > -1e-3f ? x - 1e-6f : x * 1.00003f)
        {
            var exact = Math.Exp(x);
            worst = Math.Max(worst, Math.Abs(Exponential.OfNegative(Vector256.Create(x))[0] - exact) / Unit(exact));
        }

        Assert.That(worst, Is.LessThan(2));
    }

    [TestCase(0f, 1f)]
    [TestCase(-0f, 1f)]
    [TestCase(-103.9f, float.Epsilon)]
    public void OfNegative_Ends_AreExact(float x, float expected) => Assert.That(Exponential.OfNegative(Vector256.Create(x))[7], Is.EqualTo(expected));
}
