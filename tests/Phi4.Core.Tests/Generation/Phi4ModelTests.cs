// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Core.Generation;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Generation;

internal sealed class Phi4ModelTests
{
    private static readonly Phi4LoadOptions Small = new() { ContextLength = 512, CacheTokens = 2048, MaxStepTokens = 32 };

    [Test]
    public async Task Requests_SixtyFourAtOnceWithRandomCancellations_LeakNoPage()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        var random = new Random(11);
        (int Prompt, int Tokens, int CancelAfter)[] plans =
            [.. Enumerable.Range(0, 64).Select(_ => (random.Next(1, 300), random.Next(1, 60), random.Next(3) == 0 ? random.Next(0, 20) : int.MaxValue))];
        int[] counts = await Task.WhenAll(plans.Select((plan, i) => Task.Run(() => RunOne(model, plan, i))));
        for (int i = 0; i < plans.Length; i++)
        {
            Assert.That(counts[i], plans[i].CancelAfter == int.MaxValue ? Is.EqualTo(plans[i].Tokens) : Is.LessThanOrEqualTo(plans[i].Tokens), $"request {i}");
        }

        await AssertEmpty(model);
    }

    [Test]
    public async Task Generate_FromASequence_AnswersAsItsTokensWouldAndLeavesItAlone([Values(0, 60, 90)] int computed)
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        int[] tokens = EngineTests.Tokens(90, 5);
        GenerationOptions options = new() { MaxTokens = 40, IgnoreEndTokens = true };
        GenerationResult expected = await model.CompleteAsync(Prompt.FromTokens(tokens), options);
        using (Phi4Sequence sequence = model.CreateSequence())
        {
            sequence.Append(tokens.AsSpan(0, computed));
            if (computed > 0)
            {
                sequence.Forward();
            }

            sequence.Append(tokens.AsSpan(computed));
            int[][] answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Ids(model.GenerateAsync(sequence, options))));
            Assert.That(answers, Is.All.EqualTo(expected.TokenIds));
            Assert.That(sequence.TokenIds, Is.EqualTo(tokens));
            using Phi4Sequence fresh = model.CreateSequence();
            fresh.Append(tokens);
            Assert.That(sequence.Forward().ToArray(), Is.EqualTo(fresh.Forward().ToArray()));
        }

        await AssertEmpty(model);
    }

    [Test]
    public async Task Generate_FromASequenceThatCannotBeAnswered_SaysWhy()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        await using Phi4Model other = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        using Phi4Sequence sequence = model.CreateSequence();
        Assert.That(() => other.GenerateAsync(sequence), Throws.ArgumentException.With.Message.Contains("another model"));
        Assert.That(() => Ids(model.GenerateAsync(sequence)), Throws.InvalidOperationException.With.Message.Contains("empty"));
        sequence.Append(EngineTests.Tokens(512, 1));
        Assert.That(() => Ids(model.GenerateAsync(sequence)), Throws.TypeOf<ContextLengthExceededException>().With.Message.Contains("513"));
    }

    [Test]
    public async Task Footprint_OfATinyModel_CountsEveryTensorAndTheCache()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        long bytes = model.Config.DType.SizeInBytes();
        long unread = (model.Config.VocabSize - 1L) * model.Config.HiddenSize * bytes;
        Assert.That(model.Footprint.WeightBytes, Is.EqualTo(model.Config.ParameterCount * bytes));
        Assert.That(model.Footprint.WeightBytesPerToken, Is.EqualTo(model.Footprint.WeightBytes - (model.Config.TieWordEmbeddings ? 0 : unread)));
        Assert.That(model.Footprint.CacheBytesPerToken, Is.EqualTo(model.Config.KvBytesPerToken(DType.BF16)));
    }

    [Test]
    public async Task Generate_LeftEarly_GivesItsPagesBack()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        await foreach (GenerationChunk chunk in model.GenerateAsync(Prompt.FromTokens([5, 6, 7]), new() { IgnoreEndTokens = true }))
        {
            Assert.That(chunk.TokenIds, Has.Count.EqualTo(1));
            break;
        }

        await AssertEmpty(model);
    }

    [Test]
    public async Task Generate_CancelledDuringThePrompt_StopsAndGivesItsPagesBack()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small with { MaxStepTokens = 1, MaxSequences = 1 });
        using var cancellation = new CancellationTokenSource();
        Task<GenerationResult> answer = model.CompleteAsync(Prompt.FromTokens(EngineTests.Tokens(500, 1)), cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        Assert.That(async () => await answer, Throws.InstanceOf<OperationCanceledException>());
        await AssertEmpty(model);
    }

    [Test]
    public async Task Dispose_WhileRequestsRun_EndsThemWithATypedError()
    {
        Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        Phi4Sequence sequence = model.CreateSequence();
        sequence.Append(3, 4);
        sequence.Forward();
        Task<GenerationResult>[] running = [.. Enumerable.Range(0, 16).Select(i =>
            model.CompleteAsync(Prompt.FromTokens(EngineTests.Tokens(100, i)), new() { MaxTokens = 400, IgnoreEndTokens = true }))];
        await model.DisposeAsync();
        foreach (Task<GenerationResult> request in running)
        {
            Assert.That(async () => await request, Throws.TypeOf<ObjectDisposedException>());
        }

        Assert.That(() => model.CompleteAsync(Prompt.FromTokens([1])), Throws.TypeOf<ObjectDisposedException>());
        sequence.Append(5);
        Assert.That(() => sequence.Forward(), Throws.TypeOf<ObjectDisposedException>());
        sequence.Dispose();
        model.Dispose();
    }

    [Test]
    public async Task Generate_ToTheEndOfTheContext_SaysSo()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small with { ContextLength = 40 });
        var options = new GenerationOptions { IgnoreEndTokens = true };
        GenerationResult result = await model.CompleteAsync(Prompt.FromTokens(EngineTests.Tokens(30, 1)), options);
        Assert.That((result.FinishReason, result.TokenIds.Count), Is.EqualTo((FinishReason.ContextFull, 10)));
        Assert.That(() => model.GenerateAsync(Prompt.FromTokens(EngineTests.Tokens(40, 1)), options), Throws.TypeOf<ContextLengthExceededException>());
    }

    [Test]
    public async Task Requests_ThatCannotBeHonoured_AreRefusedAtTheDoor()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        Assert.That(() => model.GenerateAsync(Prompt.FromTokens([])), Throws.ArgumentException);
        Assert.That(() => model.GenerateAsync(Prompt.FromTokens([512])), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => model.GenerateAsync(Prompt.FromTokens([1]), new() { TopP = 2 }), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(() => model.GenerateAsync(Prompt.FromTokens([1]), new() { StopStrings = ["x"] }), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(() => model.GenerateAsync(Prompt.FromUser("hello")), Throws.TypeOf<Phi4Exception>().With.Message.Contains("tokenizer"));
        Assert.That(model.GetStatus().RunningSequences, Is.Zero);
    }

    [Test]
    public async Task Score_OfAPrompt_AgreesWithItsLogits()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small);
        int[] tokens = EngineTests.Tokens(50, 1);
        TokenScores scores = await model.ScoreAsync(Prompt.FromTokens(tokens), includeLastLogits: true);
        Assert.That((scores.LogProbs[0], scores.Top[0]), Is.EqualTo(((float?)null, (TokenLogProb?)null)), "nothing precedes the first token");
        using Phi4Sequence sequence = model.CreateSequence();
        for (int i = 0; i < tokens.Length; i++)
        {
            sequence.Append(tokens[i]);
            float[] logits = sequence.Forward().ToArray();
            if (i + 1 < tokens.Length)
            {
                double sum = logits.Sum(value => Math.Exp(value - (double)logits.Max()));
                double expected = logits[tokens[i + 1]] - logits.Max() - Math.Log(sum);
                Assert.That(scores.LogProbs[i + 1], Is.EqualTo(expected).Within(1e-5));
                Assert.That(scores.Top[i + 1]!.Value.Id, Is.EqualTo(Array.IndexOf(logits, logits.Max())));
            }
            else
            {
                Assert.That(scores.LastLogits!.Value.ToArray(), Is.EqualTo(logits).AsCollection);
            }
        }

        Assert.That((await model.ScoreAsync(Prompt.FromTokens(tokens))).LastLogits, Is.Null);
        Assert.That(scores.MeanLogProb, Is.EqualTo(scores.LogProbs.Skip(1).Average(value => (double)value!.Value)).Within(1e-12));
    }

    [Test]
    public void Load_WithImpossibleOptions_SaysWhatIsAllowed()
    {
        string folder = Goldens.Model("tiny-phi4");
        Assert.That(async () => await Phi4Model.LoadAsync(folder, new() { ContextLength = 20000 }), Throws.TypeOf<InvalidOptionsException>().With.Message.Contains("16384"));
        Assert.That(async () => await Phi4Model.LoadAsync(folder, new() { ThreadCount = 0 }), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(async () => await Phi4Model.LoadAsync(folder, new() { ContextLength = 100, CacheTokens = 50 }), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(async () => await Phi4Model.LoadAsync(Path.Combine(folder, "nowhere")), Throws.InstanceOf<Phi4Exception>());
    }

    [Test]
    public void Plan_OnASmallMachine_SaysWhatFitsAndLoadingRefusesTheRest()
    {
        ModelConfig phi4 = ModelConfigReader.Read(Path.Combine(Goldens.Model("tiny-phi4"), "config.json")) with
        {
            HiddenSize = 5120,
            LayerCount = 40,
            HeadCount = 40,
            KvHeadCount = 10,
            HeadSize = 128,
            MlpSize = 17920,
            VocabSize = 100352,
        };
        const long GiB = 1L << 30;
        (EngineLimits large, MemoryPlan plan) = ModelLoader.Plan(phi4, new() { MaxSequences = 1 }, OnHost(64 * GiB));
        Assert.That((plan.Verdict, large.ContextLength), Is.EqualTo((MemoryVerdict.Fits, 16384)));
        (EngineLimits small, plan) = ModelLoader.Plan(phi4, new() { MaxSequences = 1 }, OnHost(24 * GiB));
        Assert.That((plan.Verdict, small.ContextLength), Is.EqualTo((MemoryVerdict.WeightsFromDisk, 4096)), "29 GB of weights beside a moderate context");
        Assert.That(plan.Explanation, Does.Contain("from disk"));
        (_, plan) = ModelLoader.Plan(phi4, new() { MaxSequences = 1, ContextLength = 16384 }, OnHost(3 * GiB));
        Assert.That(plan.EnsureFits, Throws.TypeOf<InsufficientModelMemoryException>());
    }

    [Test]
    public void Load_Cancelled_LeavesNothingBehind()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(
            async () => await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), cancellationToken: cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase(WeightType.Int8, null)]
    [TestCase(WeightType.Int4, WeightType.BF16)]
    [TestCase(WeightType.AsStored, WeightType.Int8)]
    public async Task Load_UnroundedActivationsBesideQuantizedWeights_IsRefused(WeightType weights, WeightType? head)
    {
        var options = Small with { Activations = ActivationType.F32, Weights = weights, HeadWeights = head };
        InvalidOptionsException? error = await Assert.ThrowsAsync<InvalidOptionsException>(async () => await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), options));
        Assert.That(error!.Option, Is.EqualTo(nameof(Phi4LoadOptions.Activations)));
    }

    [Test]
    public async Task Load_Activations_DecideWhatBFloat16WeightsAreMultipliedBy()
    {
        Prompt prompt = Prompt.FromTokens(EngineTests.Tokens(9, 1));
        async Task<float[]> Logits(ActivationType type)
        {
            await using Phi4Model model = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4"), Small with { Activations = type });
            return (await model.ScoreAsync(prompt, includeLastLogits: true)).LastLogits!.Value.ToArray();
        }

        float[] rounded = await Logits(ActivationType.Matched), exact = await Logits(ActivationType.F32);
        Assert.That(rounded.Zip(exact, (a, b) => Math.Abs(a - b)).Max(), Is.InRange(1e-4, 0.1));
    }

    [Test]
    public async Task Generate_Greedy_EqualsTheReferenceContinuation([Values("cpu", "reference")] string device)
    {
        GoldenModel golden = GoldenModel.Read("tiny-phi4-mini");
        Phi4Device asked = device == "cpu" ? Phi4Device.Cpu : Phi4Device.Reference;
        await using Phi4Model model = await Phi4Model.LoadAsync(golden.Folder, new() { Device = asked, CacheTokens = 1024, Activations = ActivationType.F32, KvCacheType = KvCacheType.F32 });
        foreach (GoldenGreedy greedy in golden.Greedy)
        {
            var options = new GenerationOptions { MaxTokens = greedy.Tokens.Length, IgnoreEndTokens = true };
            GenerationResult result = await model.CompleteAsync(Prompt.FromTokens(greedy.PromptIds), options);
            Assert.That(result.TokenIds, Is.EqualTo(greedy.Tokens).AsCollection, "margins of this model are far above the tolerance");
        }
    }

    private static DeviceChoice OnHost(long bytes) => new(Phi4Device.Cpu, "", bytes);

    private static async Task<int[]> Ids(IAsyncEnumerable<GenerationChunk> answer)
    {
        List<int> ids = [];
        await foreach (GenerationChunk chunk in answer)
        {
            ids.AddRange(chunk.TokenIds);
        }

        return [.. ids];
    }

    private static async Task<int> RunOne(Phi4Model model, (int Prompt, int Tokens, int CancelAfter) plan, int seed)
    {
        using var cancellation = new CancellationTokenSource();
        int count = 0;
        try
        {
            var options = new GenerationOptions { MaxTokens = plan.Tokens, IgnoreEndTokens = true };
            await foreach (GenerationChunk chunk in model.GenerateAsync(Prompt.FromTokens(EngineTests.Tokens(plan.Prompt, seed)), options, cancellation.Token))
            {
                count += chunk.TokenIds.Count;
                if (count > plan.CancelAfter)
                {
                    await cancellation.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }

        return count;
    }

    /// <summary>Cancelled requests are dropped before the next step: soon, not at once.</summary>
    private static async Task AssertEmpty(Phi4Model model)
    {
        for (int i = 0; i < 200 && model.GetStatus() is not { RunningSequences: 0, WaitingSequences: 0 }; i++)
        {
            await Task.Delay(10);
        }

        Phi4ModelStatus status = model.GetStatus();
        Assert.That((status.RunningSequences, status.WaitingSequences, status.FreeCacheTokens), Is.EqualTo((0, 0, status.CacheTokens)));
    }
}
