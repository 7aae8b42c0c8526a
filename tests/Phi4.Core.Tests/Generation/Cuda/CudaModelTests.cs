// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Modules;
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Core.Tests.Generation.Cuda;

/// <summary>The façade on an emulated device: choosing it, planning for it, loading, generating, failing.</summary>
[TestFixture]
internal sealed class CudaModelTests
{
    private static readonly Phi4LoadOptions OnCuda = new()
    {
        Device = Phi4Device.Cuda,
        ContextLength = 128,
        CacheTokens = 256,
        MaxStepTokens = 16,
        MaxSequences = 4,
        PromptCache = false, // each answer is computed from its first token
    };

    // A step of many tokens, and a device that one tile of them fills.
    private static readonly Phi4LoadOptions ByTiles = OnCuda with { MaxStepTokens = 128 };

    private static readonly EmulatedDevice SmallHopper = EmulatedDevice.Hopper with { Multiprocessors = 1 };

    private static string Tiny => Goldens.Model("tiny-phi4");

    [SetUp]
    public void RequireKernels() => Assume.That(KernelImages.Embedded, Is.Not.Null, KernelImages.WhyNone);

    [TestCase(false)]
    [TestCase(true)]
    public async Task Generate_Greedily_GivesTheReferencesTokens(bool trained)
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        string folder = trained ? Samples.Model : Tiny;
        using EmulatedMachine machine = EmulatedMachine.WithKernels();
        Prompt prompt = trained ? Prompt.FromText("What is 12 + 30?") : Prompt.FromTokens([5, 7, 11, 200, 3]);
        GenerationOptions greedy = new() { Temperature = 0, MaxTokens = 12, IgnoreEndTokens = true };
        int[] expected, found;
        await using (Phi4Model reference = await Phi4Model.LoadAsync(folder, OnCuda with { Device = Phi4Device.Reference }))
        {
            expected = [.. (await reference.CompleteAsync(prompt, greedy)).TokenIds];
        }

        await using (Phi4Model model = await Phi4Model.LoadAsync(folder, OnCuda))
        {
            Assert.That(model.Device, Is.EqualTo(Phi4Device.Cuda));
            found = [.. (await model.CompleteAsync(prompt, greedy)).TokenIds];
        }

        Assert.That(found, Is.EqualTo(expected));
        Assert.That((machine.Driver.Alive, machine.Driver.Overruns), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())));
    }

    [Test]
    public async Task Generate_AfterALongPromptOnHopper_GivesTheTokensOfOtherDevices()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        Prompt prompt = Prompt.FromTokens([.. Enumerable.Range(1, 100)]);
        GenerationOptions options = new() { Temperature = 1, Seed = 5, MaxTokens = 8, IgnoreEndTokens = true };
        List<IReadOnlyList<int>> found = [];
        foreach (EmulatedDevice device in new[] { SmallHopper, new EmulatedDevice() })
        {
            using EmulatedMachine machine = EmulatedMachine.WithKernels(device);
            await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, ByTiles);
            machine.Driver.Launches.Clear();
            found.Add((await model.CompleteAsync(prompt, options)).TokenIds);
            Assert.That(machine.Driver.Launches.Any(launch => launch.Kernel.StartsWith("linear_wgmma", StringComparison.Ordinal)), Is.EqualTo(device == SmallHopper));
        }

        Assert.That(found[0], Is.EqualTo(found[1]));
    }

    [Test]
    public async Task Generate_AStepOfOneToken_LaunchesSixKernelsALayer()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        using EmulatedMachine machine = EmulatedMachine.WithKernels();
        await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, OnCuda);
        await model.CompleteAsync(Prompt.FromTokens([5, 7, 11]), new() { Temperature = 0, MaxTokens = 5, IgnoreEndTokens = true });
        string[] layer = ["linear_rope_bf16", "attention_units_d64", "attention_combine", "linear_skinny_bf16_t8", "linear_normed_bf16", "linear_skinny_bf16_t8"];
        string[] expected = ["embed", .. Enumerable.Repeat(layer, model.Config.LayerCount).SelectMany(names => names), "gather_rows", "linear_normed_bf16", "sample"];
        Assert.That(machine.Driver.Launches.TakeLast(expected.Length).Select(launch => launch.Kernel), Is.EqualTo(expected));
    }

    [TestCase(0f)]
    [TestCase(0.9f)]
    public async Task Generate_ManyAnswersByGraphs_GivesTheTokensOfStepsWithout(float temperature)
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        using EmulatedMachine machine = EmulatedMachine.WithKernels();
        await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, OnCuda);
        int[][] prompts = [[5, 7, 11, 200, 3], [9], [.. Enumerable.Range(1, 40)]];
        GenerationOptions options = new()
        {
            Temperature = temperature,
            Seed = 3,
            TopP = 0.9f,
            RepetitionPenalty = 1.2f,
            MaxTokens = 9,
            IgnoreEndTokens = true,
        };

        // Who wants a report has tokens chosen by the host, alone in a step of its own shape.
        List<int[]> expected = [];
        foreach (int[] prompt in prompts)
        {
            expected.Add([.. (await model.CompleteAsync(Prompt.FromTokens(prompt), options with { LogProbs = 1 })).TokenIds]);
        }

        int before = machine.Driver.GraphLaunchCount;
        GenerationResult[] found = await Task.WhenAll(prompts.Select(prompt => model.CompleteAsync(Prompt.FromTokens(prompt), options)));
        Assert.That(found.Select(result => result.TokenIds), Is.EqualTo(expected));
        Assert.That(machine.Driver.GraphLaunchCount, Is.GreaterThan(before));
    }

    [Test]
    public async Task Generate_ByGraphs_GivesWhatPromptsOfEachLengthGive()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        using EmulatedMachine machine = EmulatedMachine.WithKernels();
        await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, OnCuda);
        GenerationOptions greedy = new() { Temperature = 0, MaxTokens = 8, IgnoreEndTokens = true };
        List<int> tokens = [5, 7, 11, 200, 3];
        int[] found = [.. (await model.CompleteAsync(Prompt.FromTokens([.. tokens]), greedy)).TokenIds];
        Assert.That(machine.Driver.GraphLaunchCount, Is.EqualTo(6), "of seven steps after the prompt the first is not yet one");
        foreach (int expected in found)
        {
            IReadOnlyList<int> next = (await model.CompleteAsync(Prompt.FromTokens([.. tokens]), greedy with { MaxTokens = 1 })).TokenIds;
            Assert.That(next, Is.EqualTo(new[] { expected }), $"after {tokens.Count} tokens");
            tokens.Add(expected);
        }
    }

    [Test]
    public async Task Generate_AnyCallOfAStepRefused_IsTypedAndLeavesNothingAlive()
    {
        GenerationOptions options = new() { Temperature = 1, Seed = 1, MaxTokens = 3, IgnoreEndTokens = true };
        HashSet<string> failed = [];
        for (int call = 1; ; call++)
        {
            using EmulatedMachine machine = EmulatedMachine.WithIdleKernels();
            Exception? error = null;
            await using (Phi4Model model = await Phi4Model.LoadAsync(Tiny, OnCuda))
            {
                machine.Driver.FailCall(call, call % 2 == 0 ? CUresult.CUDA_ERROR_OUT_OF_MEMORY : CUresult.CUDA_ERROR_LAUNCH_FAILED);
                error = await CatchAsync(() => model.CompleteAsync(Prompt.FromTokens([1, 2, 3]), options));
                if (machine.Driver.FailedCall is null)
                {
                    Assert.That((error, machine.Driver.GraphLaunchCount), Is.EqualTo(((Exception?)null, 1)));
                    break;
                }

                // What only gives something back is not worth an error.
                string where = $"{machine.Driver.FailedCall}, call {call}: {error}";
                Assert.That(error, Is.Null.Or.InstanceOf<DeviceException>().Or.InstanceOf<InsufficientMemoryException>(), where);
                Assert.That(error is null, Is.EqualTo(machine.Driver.FailedCall == "cuGraphDestroy"), where);
                failed.Add(machine.Driver.FailedCall);
                Assert.That(await CatchAsync(() => model.CompleteAsync(Prompt.FromTokens([1, 2, 3]), options)), Is.Null, where);
            }

            Assert.That(machine.Driver.Alive, Is.Empty, $"{machine.Driver.FailedCall}, call {call}: {error}");
        }

        Assert.That(failed, Is.SupersetOf(new[] { "cuStreamBeginCapture", "cuStreamEndCapture", "cuGraphInstantiateWithFlags", "cuGraphLaunch", "cuLaunchKernelEx" }));

        static async Task<Exception?> CatchAsync(Func<Task> action)
        {
            try
            {
                await action();
                return null;
            }
#pragma warning disable CA1031 // The test judges whatever comes.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return e;
            }
        }
    }

    [Test]
    public async Task Load_Auto_TakesTheDeviceAndSaysWhich()
    {
        using EmulatedMachine machine = EmulatedMachine.WithIdleKernels(new EmulatedDevice { Name = "Card" });
        await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, OnCuda with { Device = Phi4Device.Auto });
        Assert.That(model.Device, Is.EqualTo(Phi4Device.Cuda));
        Assert.That(model.DeviceReason, Does.StartWith("Card, compute capability 8.0"));
    }

    [Test]
    public async Task Load_AutoOnADeviceTooSmall_TakesTheProcessorAndSaysWhy()
    {
        using EmulatedMachine machine = EmulatedMachine.WithIdleKernels(new EmulatedDevice { Name = "Card", MemoryBytes = 1 << 20 });
        await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, OnCuda with { Device = Phi4Device.Auto });
        Assert.That(model.Device, Is.EqualTo(Phi4Device.Cpu));
        Assert.That(model.DeviceReason, Does.Match(@"^the model takes [\d,]+ bytes and 1,048,576 are free on Card$"));
        Assert.That(machine.Driver.Alive, Is.Empty);
    }

    [Test]
    public async Task Generate_OverAnInt8Cache_GivesTheSameTokensForStepsOfAnySize()
    {
        Assume.That(EmulatedKernels.WhyNot, Is.Null);
        using EmulatedMachine machine = EmulatedMachine.WithKernels();
        GenerationOptions options = new() { Temperature = 1, Seed = 4, MaxTokens = 8, IgnoreEndTokens = true };
        List<IReadOnlyList<int>> found = [];
        foreach (int stepTokens in new[] { 3, 16 })
        {
            Phi4LoadOptions load = OnCuda with { Device = Phi4Device.Auto, KvCacheType = KvCacheType.Int8, MaxStepTokens = stepTokens };
            await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, load);
            Assert.That(model.Device, Is.EqualTo(Phi4Device.Cuda));
            found.Add((await model.CompleteAsync(Prompt.FromTokens([.. Enumerable.Range(1, 20)]), options)).TokenIds);
        }

        Assert.That(found[0], Is.EqualTo(found[1]));
        Assert.That(machine.Driver.Launches.Select(launch => launch.Kernel), Does.Contain("attention_units_s8_d64").And.Contain("rope_and_append"));
    }

    [Test]
    public async Task Load_CudaWithoutADevice_SaysWhyNot()
    {
        using EmulatedMachine machine = new(new EmulatedCudaDriver(new EmulatedDevice { Name = "Turing", Capability = new(7, 5) }));
        DeviceUnavailableException e = (await Assert.ThrowsAsync<DeviceUnavailableException>(() => Phi4Model.LoadAsync(Tiny, OnCuda)))!;
        Assert.That(e.Message, Is.EqualTo(
            "No device cuda:0: Turing is too old: it has compute capability 7.5, and 8.0 is the least that will do."));
    }

    [Test]
    public async Task Load_MoreThanTheDeviceHolds_FailsBeforeAnythingIsAllocated()
    {
        using EmulatedMachine machine = EmulatedMachine.WithIdleKernels(new EmulatedDevice { MemoryBytes = 1 << 20 });
        InsufficientModelMemoryException e = (await Assert.ThrowsAsync<InsufficientModelMemoryException>(() => Phi4Model.LoadAsync(Tiny, OnCuda)))!;
        Assert.That(e.AvailableBytes, Is.EqualTo(1 << 20));
        Assert.That(machine.Driver.PeakDeviceBytes, Is.Zero);
    }

    [Test]
    public async Task PlanMemory_OnADevice_CoversWhatIsAllocatedThere([Values] bool onHopper)
    {
        using EmulatedMachine machine = EmulatedMachine.WithIdleKernels(onHopper ? SmallHopper : null);
        MemoryPlan plan = Phi4Model.PlanMemory(Tiny, ByTiles);
        await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, ByTiles);
        await model.ScoreAsync(Prompt.FromTokens([.. Enumerable.Range(1, 70)]));
        Assert.That(plan.WeightBytes, Is.Zero, "nothing stays mapped");
        Assert.That(machine.Driver.PeakDeviceBytes, Is.InRange(plan.ConvertedWeightBytes + plan.KvBytes, plan.RequiredBytes));
    }

    [Test]
    public async Task LoadAndStep_AnyCallRefused_IsTypedAndLeavesNothingAlive([Values] bool onHopper)
    {
        int failed = 0;
        for (int call = 1; ; call++)
        {
            using EmulatedMachine machine = EmulatedMachine.WithIdleKernels(onHopper ? SmallHopper : null);
            machine.Driver.FailCall(call, call % 2 == 0 ? CUresult.CUDA_ERROR_OUT_OF_MEMORY : CUresult.CUDA_ERROR_LAUNCH_FAILED);
            Exception? error = await Assert.CatchAsync(async () => await LoadAndStepAsync());
            Assert.That(machine.Driver.Alive, Is.Empty, $"{machine.Driver.FailedCall}, call {call}: {error}");
            if (machine.Driver.FailedCall is null)
            {
                Assert.That(error, Is.TypeOf<TimeoutException>(), "the end of a run that nothing failed in");
                break;
            }

            failed += error is TimeoutException ? 0 : 1;
            Assert.That(
                error, Is.InstanceOf<Phi4Exception>().Or.InstanceOf<InsufficientMemoryException>().Or.TypeOf<TimeoutException>(), $"{machine.Driver.FailedCall}, call {call}");
        }

        Assert.That(failed, Is.GreaterThan(150), "most calls matter");

        static async Task LoadAndStepAsync()
        {
            await using (Phi4Model model = await Phi4Model.LoadAsync(Tiny, ByTiles))
            {
                await model.ScoreAsync(Prompt.FromTokens([.. Enumerable.Range(1, 70)]));
            }

            throw new TimeoutException();
        }
    }

    [Test]
    public async Task Step_RefusedOnce_FailsItsRequestAndNoOther()
    {
        using EmulatedMachine machine = EmulatedMachine.WithIdleKernels();
        await using Phi4Model model = await Phi4Model.LoadAsync(Tiny, OnCuda);
        await model.ScoreAsync(Prompt.FromTokens([1, 2, 3]));
        machine.Driver.FailCall(5, CUresult.CUDA_ERROR_LAUNCH_FAILED);
        DeviceException e = (await Assert.ThrowsAsync<DeviceException>(() => model.ScoreAsync(Prompt.FromTokens([1, 2, 3]))))!;
        Assert.That(e.Message, Does.Contain("CUDA_ERROR_LAUNCH_FAILED"));
        Assert.That(await model.ScoreAsync(Prompt.FromTokens([1, 2, 3])), Is.Not.Null);
    }
}
