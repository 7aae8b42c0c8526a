// SPDX-License-Identifier: MIT
using Phi4.Core.Weights.Quantization;

namespace Phi4.Core.Tests.Weights.Quantization;

[TestFixture]
public sealed class Int4TableTests
{
    [Test]
    public void Values_DesignedAgain_AreThese()
    {
        float[] designed = Int4TableDesign.Run();
        TestContext.Out.WriteLine(string.Join(", ", designed.Select(value => value.ToString("F3"))));
        int[] table = [.. Enumerable.Range(0, Int4Table.Size).Select(i => (int)Int4Table.Values[i])];
        Assert.That(designed.Select(value => (int)MathF.Round(value)).ToArray(), Is.EqualTo(table));
    }
}
