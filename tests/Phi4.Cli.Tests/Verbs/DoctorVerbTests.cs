// SPDX-License-Identifier: MIT
using Phi4.TestSupport.Cuda;

namespace Phi4.Cli.Tests.Verbs;

public sealed class DoctorVerbTests
{
    [Test]
    public async Task Machine_ThatRunsThisTest_Passes()
    {
        Outcome outcome = await Command.RunAsync("doctor");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Out);
        Assert.That(outcome.Out, Does.Match(@"(?m)^(INFO |WARN ) device cuda: +not used: \S"));
        Assert.That(outcome.Out, Does.Match(@"(?m)^PASS  one step: +a tiny random model on cpu is within \S+ of the reference"));
        Assert.That(outcome.Out, Does.Match(@"(?m)^INFO  machine code: +(not used: \S|AVX512-VNNI will be used)"));
        Assert.That(outcome.Out, Does.Match(@"(?m)^INFO  huge pages: +(not had: \S|had, 2 MB)"));
        Assert.That(outcome.Lines, Has.All.Match("^(INFO |PASS |WARN |FAIL ) "));
    }

    [Test]
    public async Task Device_ThatTheMachineHas_IsDescribed()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        using var machine = EmulatedMachine.WithKernels(new EmulatedDevice { Name = "Card" });
        Outcome outcome = await Command.RunAsync("doctor");
        Assert.That(outcome.Out, Does.Match(@"(?m)^PASS  device cuda: +available; what --device auto takes: Card, compute capability 8.0, "));
        Assert.That(outcome.Out, Does.Match(@"(?m)^PASS  one step: +a tiny random model on cuda is within \S+ of the reference"));
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Out);
    }

    [Test]
    public async Task Device_TooOld_IsAWarningWithTheNumbers()
    {
        using var machine = new EmulatedMachine(new EmulatedCudaDriver(new EmulatedDevice { DriverVersion = 11040 }));
        Outcome outcome = await Command.RunAsync("doctor");
        Assert.That(outcome.Out, Does.Match(@"(?m)^WARN  device cuda: +not used: the NVIDIA driver is too old: it knows CUDA 11\.4, and 12\.0"));
    }

    [Test]
    public async Task Hub_AsTheEnvironmentHasIt_IsToldWithoutTheToken()
    {
        var environment = new Dictionary<string, string> { ["HF_HUB_CACHE"] = "/somewhere", ["HF_TOKEN"] = "hf_secret", ["HF_HUB_OFFLINE"] = "1" };
        Outcome outcome = await Command.RunAsync(["doctor"], null, environment);
        Assert.That(outcome.Out, Does.Match(@"(?m)^INFO  hub: +offline, https://huggingface\.co with a token; cache .*somewhere$").And.Not.Contain("secret"));
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
