// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench;

namespace Phi4.Cli.Tests.Bench;

public sealed class ServeTestTests
{
    [Test]
    public void RateOf_CountsTokensWhileAllAreAnswering()
    {
        // The second request's first token comes at 2, the first request's last at 4: in between come 3, 4 of one and 2.5, 3.5 of the other.
        double[][] arrivals = [[1, 2, 3, 4], [2, 2.5, 3.5, 4.5]];
        Assert.That(ServeTest.RateOf(arrivals), Is.EqualTo(4 / 2.0));
    }

    [Test]
    public void RateOf_RequestsThatNeverOverlap_CountsFromFirstToLast() =>
        Assert.That(ServeTest.RateOf([[1, 2], [3, 4]]), Is.EqualTo(3 / 3.0));
}
