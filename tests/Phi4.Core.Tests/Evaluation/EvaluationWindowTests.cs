// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Evaluation;

namespace Phi4.Core.Tests.Evaluation;

[TestFixture]
internal sealed class EvaluationWindowTests
{
    [Test]
    public void Cut_Sliding_CountsEachTokenButTheFirstOnceBehindWhatItPromises()
    {
        Gen.Select(Gen.Int[2, 300], Gen.Int[2, 64], Gen.Int[1, 63]).Sample((length, size, stride) =>
        {
            stride = Math.Min(stride, size - 1);
            int[] counts = new int[length];
            foreach (EvaluationWindow window in EvaluationWindow.Cut(length, new EvaluationOptions { WindowTokens = size, Stride = stride }))
            {
                Assert.That(window.Length, Is.LessThanOrEqualTo(size));
                Assert.That(window.FirstCounted, Is.GreaterThanOrEqualTo(Math.Min(size - stride, window.Start == 0 ? 1 : int.MaxValue)));
                for (int i = window.FirstCounted; i < window.Length; i++)
                {
                    counts[window.Start + i]++;
                }
            }

            return counts[0] == 0 && counts.Skip(1).All(count => count == 1);
        });
    }

    [Test]
    public void Cut_StrideOfAWholeWindow_LeavesOutTheFirstTokenOfEach()
    {
        IReadOnlyList<EvaluationWindow> windows = EvaluationWindow.Cut(11, new EvaluationOptions { WindowTokens = 5, Stride = 5 });
        Assert.That(windows, Is.EqualTo([new EvaluationWindow(0, 5, 1), new EvaluationWindow(5, 5, 1)]), "one token alone is no window");
    }

    [Test]
    public void Cut_SecondHalf_CountsWhatLlamaPerplexityCounts()
    {
        var options = new EvaluationOptions { WindowTokens = 8, Method = EvaluationMethod.SecondHalf };
        IReadOnlyList<EvaluationWindow> windows = EvaluationWindow.Cut(23, options);
        Assert.That(windows, Is.EqualTo([new EvaluationWindow(0, 8, 5), new EvaluationWindow(8, 8, 5)]));
    }

    [TestCase(1, 512, EvaluationMethod.Sliding, 2)]
    [TestCase(0, 512, EvaluationMethod.Sliding, 2)]
    [TestCase(511, 512, EvaluationMethod.SecondHalf, 512)]
    public void Cut_TextTooShort_SaysBothLengths(int length, int size, EvaluationMethod method, int needed)
    {
        TextTooShortException error = Assert.Throws<TextTooShortException>(
            () => EvaluationWindow.Cut(length, new EvaluationOptions { WindowTokens = size, Method = method }))!;
        Assert.That((error.TokenCount, error.NeededTokens), Is.EqualTo((length, needed)));
    }

    [TestCase(1, null, EvaluationMethod.Sliding)]
    [TestCase(2, null, EvaluationMethod.SecondHalf)]
    [TestCase(8, 0, EvaluationMethod.Sliding)]
    [TestCase(8, 9, EvaluationMethod.Sliding)]
    [TestCase(8, 4, EvaluationMethod.SecondHalf)]
    [TestCase(8, null, (EvaluationMethod)7)]
    public void Cut_ImpossibleOptions_AreRefused(int size, int? stride, EvaluationMethod method) =>
        Assert.Throws<InvalidOptionsException>(() => EvaluationWindow.Cut(100, new EvaluationOptions { WindowTokens = size, Stride = stride, Method = method }));
}
