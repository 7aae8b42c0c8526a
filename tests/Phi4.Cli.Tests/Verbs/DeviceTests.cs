// SPDX-License-Identifier: MIT
using Phi4.TestSupport.Cuda;

namespace Phi4.Cli.Tests.Verbs;

/// <summary><c>--device</c> on machines that have something of NVIDIA's, emulated.</summary>
public sealed class DeviceTests
{
    private static readonly string[] Greedy = ["--max-tokens", "6", "--temperature", "0", "--ctx-size", "128", "-o", "json"];

    [Test]
    public async Task Run_OnTheEmulatedDevice_GivesTheReferencesTokens()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        using var machine = EmulatedMachine.WithKernels();
        Outcome expected = await Command.RunAsync(["run", "-m", TestModels.Sample, "--device", "reference", "What is 12 + 30?", .. Greedy], input: null);
        Outcome outcome = await Command.RunAsync(["run", "-m", TestModels.Sample, "--device", "cuda", "What is 12 + 30?", .. Greedy], input: null);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Json.GetProperty("text").GetString(), Is.EqualTo(expected.Json.GetProperty("text").GetString()));
        Assert.That(machine.Driver.Launches, Is.Not.Empty);
        Assert.That(machine.Driver.Alive, Is.Empty);
    }

    [Test]
    public async Task Auto_BesideADriverThatIsTooOld_SaysWhatItTookAndWhy()
    {
        using var machine = new EmulatedMachine(new EmulatedCudaDriver(new EmulatedDevice { DriverVersion = 11040 }));
        Outcome outcome = await Command.RunAsync(["run", "-m", TestModels.Tiny, "--ids", "1", .. Greedy], input: null);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Error, Does.StartWith("device cpu: the NVIDIA driver is too old: it knows CUDA 11.4, and 12.0 (driver 525) is the least that will do\n"));
    }

    [Test]
    public async Task Auto_OnADeviceThatComputes_SaysNothing()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        using var machine = EmulatedMachine.WithKernels();
        Outcome outcome = await Command.RunAsync(["run", "-m", TestModels.Tiny, "--ids", "1", .. Greedy], input: null);
        Assert.That((outcome.ExitCode, outcome.Error), Is.EqualTo((0, "")));
        Assert.That(machine.Driver.Launches, Is.Not.Empty);

        Outcome detailed = await Command.RunAsync(["run", "-m", TestModels.Tiny, "-v", "--ids", "1", .. Greedy], input: null);
        Assert.That(detailed.Error, Does.Contain("device cuda: Emulated device, compute capability 8.0"));
    }

    [Test]
    public async Task Auto_WithoutADriver_SaysNothing()
    {
        Assume.That(Phi4.Core.Diagnostics.CudaSupport.HasDriver, Is.False, "This machine has a driver.");
        Outcome outcome = await Command.RunAsync(["run", "-m", TestModels.Tiny, "--ids", "1", .. Greedy], input: null);
        Assert.That((outcome.ExitCode, outcome.Error), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task Cuda_DeviceThatIsNotThere_IsNoSuchDevice()
    {
        using var machine = new EmulatedMachine(new EmulatedCudaDriver());
        Outcome outcome = await Command.RunAsync(["run", "-m", TestModels.Tiny, "--device", "cuda:3", "--ids", "1", .. Greedy], input: null);
        Assert.That(outcome.ExitCode, Is.EqualTo(6));
        Assert.That(outcome.Error, Is.EqualTo(
            "error: No device cuda:3: there is no device 3: the NVIDIA driver finds 1, counted from 0.\nhint: --device cpu runs on the processor.\n"));
    }

    [TestCase("gpu")]
    [TestCase("cuda:")]
    [TestCase("cuda:-1")]
    public async Task Device_WordThatIsNone_IsUsage(string word)
    {
        Outcome outcome = await Command.RunAsync(["run", "-m", TestModels.Tiny, "--device", word, "--ids", "1"], input: null);
        Assert.That((outcome.ExitCode, outcome.Error), Is.EqualTo((2, $"error: --device is \"{word}\"; allowed: auto, cpu, cuda, cuda:N, reference.\n")));
    }
}
