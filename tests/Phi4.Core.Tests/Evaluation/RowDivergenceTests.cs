// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Evaluation;

namespace Phi4.Core.Tests.Evaluation;

[TestFixture]
internal sealed class RowDivergenceTests
{
    [Test]
    public void Of_AnyRows_IsThePlainSum()
    {
        Gen.Int[1, 40].SelectMany(size => Gen.Select(Gen.Float[-40, 40].Array[size], Gen.Float[-40, 40].Array[size], Gen.Int[0, size - 1])).Sample((a, b, token) =>
        {
            double[] p = NaiveEvaluation.LogSoftmax(a);
            double[] q = NaiveEvaluation.LogSoftmax(b);
            RowDivergence row = RowDivergence.Of(a, b, token);
            Assert.That(row.Kl, Is.EqualTo(NaiveEvaluation.Kl(p, q)).Within(1e-11));
            Assert.That(row.Kl, Is.GreaterThanOrEqualTo(0));
            Assert.That(row.BaseLogProb, Is.EqualTo(p[token]).Within(1e-11));
            Assert.That(row.LogProb, Is.EqualTo(q[token]).Within(1e-11));
            Assert.That(row.SameTop, Is.EqualTo(Array.IndexOf(a, a.Max()) == Array.IndexOf(b, b.Max())));
        });
    }

    [Test]
    public void Of_TokensThatTheBaseRulesOut_CountNothing()
    {
        RowDivergence row = RowDivergence.Of([0, 0, float.NegativeInfinity], [0, 0, 5], 0);
        Assert.That(row.Kl, Is.EqualTo(Math.Log(2 + Math.Exp(5)) - Math.Log(2)).Within(1e-12));
    }

    [Test]
    public void Of_TokensThatOnlyTheModelRulesOut_IsInfinite() =>
        Assert.That(RowDivergence.Of([0, 0, 0], [0, 0, float.NegativeInfinity], 0).Kl, Is.EqualTo(double.PositiveInfinity));
}
