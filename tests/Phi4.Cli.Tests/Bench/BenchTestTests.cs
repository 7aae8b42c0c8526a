// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench;

namespace Phi4.Cli.Tests.Bench;

public sealed class BenchTestTests
{
    [Test]
    public void Plan_EveryPromptAndAnswerAtEveryDepth_HasLlamaBenchsNames() =>
        Assert.That(
            BenchTest.Plan([512], [128, 32], [0, 4096], []).Select(test => test.Name),
            Is.EqualTo(new[] { "pp512", "tg128", "tg32", "pp512@d4096", "tg128@d4096", "tg32@d4096" }).AsCollection);

    [Test]
    public void Plan_WithZeros_LeavesThoseTestsOut() =>
        Assert.That(BenchTest.Plan([0], [16], [0], []).Single().Name, Is.EqualTo("tg16"));

    [Test]
    public void Plan_WithSequences_TimesThemInstead()
    {
        IReadOnlyList<BenchTest> tests = BenchTest.Plan([128], [64], [0], [1, 8]);
        Assert.That(tests.Select(test => test.Name), Is.EqualTo(new[] { "1 x pp128+tg64", "8 x pp128+tg64" }).AsCollection);
        Assert.That(tests.Select(test => test.ContextTokens), Is.All.EqualTo(192));
    }

    [TestCase(BenchKind.Prompt, 512, 0, 4096, 4609)]
    [TestCase(BenchKind.Generate, 0, 128, 4096, 4225)]
    [TestCase(BenchKind.Generate, 0, 128, 0, 130)]
    public void ContextTokens_HoldThePastThePromptAndTheAnswer(object kind, int prompt, int answer, int depth, int expected) =>
        Assert.That(new BenchTest((BenchKind)kind, prompt, answer, depth).ContextTokens, Is.EqualTo(expected));

    [Test]
    public void MeanPast_IsTheMeanOfWhatTheTimedStepsSee()
    {
        // From a past of 10, three timed steps see 11, 12 and 13 tokens.
        Assert.That(new BenchTest(BenchKind.Generate, 0, 3, 10).MeanPast, Is.EqualTo(12));
        Assert.That(new BenchTest(BenchKind.Generate, 0, 3, 0).MeanPast, Is.EqualTo(3), "a generation starts from one token");
    }
}
