// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Tests.Verbs;

public sealed class DoctorVerbTests
{
    [Test]
    public async Task Machine_ThatRunsThisTest_Passes()
    {
        Outcome outcome = await Command.RunAsync("doctor");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Out);
        Assert.That(outcome.Out, Does.Contain("this build has no CUDA backend"));
        Assert.That(outcome.Out, Does.Match(@"(?m)^PASS  one step: +a tiny random model on cpu is within \S+ of the reference"));
        Assert.That(outcome.Out, Does.Match(@"(?m)^INFO  machine code: +(not used: \S|AVX512-VNNI will be used)"));
        Assert.That(outcome.Out, Does.Match(@"(?m)^INFO  huge pages: +(not had: \S|had, 2 MB)"));
        Assert.That(outcome.Lines, Has.All.Match("^(INFO |PASS |WARN |FAIL ) "));
    }

    [Test]
    public async Task Model_Given_IsTried()
    {
        Outcome outcome = await Command.RunAsync("doctor", "-m", TestModels.Tiny);
        Assert.That(outcome.Out, Does.Match(@"(?m)^PASS  one step: .*512 finite logits$"));
    }

    [Test]
    public async Task Model_Missing_Fails()
    {
        Outcome outcome = await Command.RunAsync("doctor", "-m", "/nowhere");
        Assert.That(outcome.ExitCode, Is.EqualTo(1));
        Assert.That(outcome.Out, Does.Contain("FAIL  one step:"));
    }
}
