// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;
using Phi4.TestSupport.Cuda;

namespace Phi4.Core.Tests.Generation;

/// <summary>Answers that begin with what others have computed: the same bits, fewer of them computed, and counted honestly.</summary>
internal sealed class PromptCacheTests
{
    private static readonly string Folder = Goldens.Model("tiny-phi4");
    private static readonly Phi4LoadOptions Small = new() { Device = Phi4Device.Cpu, ContextLength = 512, CacheTokens = 2048, MaxStepTokens = 32 };
    private static readonly GenerationOptions Twenty = new() { MaxTokens = 20, IgnoreEndTokens = true, LogProbs = 2 };

    private static IEnumerable<TestCaseData> Engines()
    {
        foreach (DType cache in (DType[])[DType.F32, DType.BF16, DType.I8])
        {
            yield return Case($"cpu-machine, {cache}", keeps => TestEngine.Create(Folder, Backends.Create("cpu-machine"), cacheType: cache, keepsPrompts: keeps));
        }

        yield return Case("cpu-256", keeps => TestEngine.Create(Folder, Backends.Create("cpu-256"), stepTokens: 7, cacheType: DType.BF16, sequences: 2, keepsPrompts: keeps));
        yield return Case("reference", keeps => TestEngine.Create(Folder, Backends.Create("reference"), keepsPrompts: keeps));
        foreach (WeightType weights in (WeightType[])[WeightType.Int8, WeightType.Int4])
        {
            yield return Case(
                $"{weights}", keeps => TestEngine.Create(Folder, Backends.Create("cpu-machine"), cacheType: DType.BF16, plan: WeightPlan.Of(weights, null), keepsPrompts: keeps));
        }

        yield return Case(
            "sliding window", keeps => TestEngine.Create(Folder, Backends.Create("cpu-machine"), cacheType: DType.BF16, keepsPrompts: keeps, change: config => config with { SlidingWindow = 40 }));
        if (EmulatedKernels.WhyNot is null)
        {
            yield return Case("cuda-emulated", keeps => TestEngine.CreateOnDevice(Folder, EmulatedKernels.Create(EmulatedKernels.CreateDriver()), keepsPrompts: keeps));
        }
    }

    [TestCaseSource(nameof(Engines))]
    public async Task Logits_BehindTokensTakenOver_HaveTheBitsOfAllComputed(Func<bool, Engine> create)
    {
        using Engine engine = create(true);
        using Engine plain = create(false);
        int[] tokens = EngineTests.Tokens(200, seed: 1);
        int[] branch = [.. tokens[..90], .. EngineTests.Tokens(50, seed: 2)];
        (int[] Tokens, int Found)[] requests = [(tokens[..150], 0), (tokens, 150), (branch, 90), (tokens[..150], 149), (branch, 139), (EngineTests.Tokens(70, seed: 3), 0)];
        foreach ((int[] request, int found) in requests)
        {
            await AssertSameBits(engine, plain, request, found);
        }

        Assert.That((engine.Status().FreePageCount, plain.Status().IdlePageCount), Is.EqualTo((engine.Status().PageCount, 0)));
        Assert.That(engine.Status().IdlePageCount, Is.GreaterThan(0));
    }

    [Test]
    public async Task Logits_OfLongRope_TakeOverOnlyWhatIsRotatedAlike()
    {
        string mini = Goldens.Model("tiny-phi4-mini");
        using Engine engine = TestEngine.Create(mini, Backends.Create("cpu-machine"));
        using Engine plain = TestEngine.Create(mini, Backends.Create("cpu-machine"), keepsPrompts: false);
        int[] tokens = EngineTests.Tokens(120, seed: 4);
        foreach ((int length, int found) in ((int, int)[])[(50, 0), (64, 50), (68, 0), (120, 68), (60, 59), (90, 89)])
        {
            await AssertSameBits(engine, plain, tokens[..length], found);
        }
    }

    [Test]
    public async Task Run_OfManyThatBeginAlikeInACacheTooSmall_GivesTheBitsOfEachAlone([Values(DType.F32, DType.I8)] DType cacheType)
    {
        using Engine tight = TestEngine.Create(Folder, Backends.Create("cpu-256"), cacheType: cacheType, cacheTokens: 2048, sequences: 6);
        using Engine plain = TestEngine.Create(Folder, Backends.Create("cpu-256"), cacheType: cacheType, keepsPrompts: false);
        var random = new Random(8);
        int[] tokens = EngineTests.Tokens(700, seed: 5);
        int[][] prompts = [.. Enumerable.Range(0, 30).Select(i => (int[])[.. tokens[..random.Next(1, 600)], .. EngineTests.Tokens(random.Next(1, 60), seed: i % 7)])];
        RecordingSequence[] sequences = [.. prompts.Select(prompt => new RecordingSequence(prompt, [], sharesPages: true))];
        Array.ForEach(sequences, tight.Submit);
        for (int i = 0; i < prompts.Length; i++)
        {
            float[] crowded = (await sequences[i].Completion)[prompts[i].Length - 1];
            Assert.That(crowded, Is.EqualTo((await plain.RunAsync(prompts[i]))[prompts[i].Length - 1]).AsCollection, $"prompt {i}");
        }

        Assert.That(sequences.Count(sequence => sequence.FirstComputed > 0), Is.GreaterThan(10));
        Assert.That(tight.Status().FreePageCount, Is.EqualTo(tight.Status().PageCount));
    }

    [Test]
    public async Task Turns_OfAConversation_ComputeOnlyWhatIsNew()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Folder, Small);
        await using Phi4Model plain = await Phi4Model.LoadAsync(Folder, Small with { PromptCache = false });
        int[] first = EngineTests.Tokens(100, seed: 1);
        GenerationResult answer = await AnswerOfBoth(first, 0);
        int[] second = [.. first, .. answer.TokenIds, .. EngineTests.Tokens(30, seed: 2)];
        await AnswerOfBoth(second, 119); // the answer's last token was never computed
        await AnswerOfBoth(second, 149); // once more
        await AnswerOfBoth([.. first, .. EngineTests.Tokens(9, seed: 3)], 100); // the answer thrown away and something else said
        await AnswerOfBoth([.. first[..80], .. EngineTests.Tokens(9, seed: 4)], 80); // the question changed

        Phi4ModelStatus status = model.GetStatus();
        Assert.That((status.FreeCacheTokens, status.KeptCacheTokens > 0), Is.EqualTo((status.CacheTokens, true)));
        Assert.That(plain.GetStatus().KeptCacheTokens, Is.Zero);

        async Task<GenerationResult> AnswerOfBoth(int[] prompt, int cached)
        {
            GenerationResult found = await model.CompleteAsync(Prompt.FromTokens(prompt), Twenty);
            GenerationResult expected = await plain.CompleteAsync(Prompt.FromTokens(prompt), Twenty);
            Assert.That(found.TokenIds, Is.EqualTo(expected.TokenIds));
            Assert.That(found.LogProbs!.SelectMany(one => one.Top.Select(top => top.LogProb)), Is.EqualTo(expected.LogProbs!.SelectMany(one => one.Top.Select(top => top.LogProb))));
            Assert.That((found.Usage.PromptTokens, found.Usage.CachedTokens, expected.Usage.CachedTokens), Is.EqualTo((prompt.Length, cached, 0)));
            return found;
        }
    }

    [Test]
    public async Task Request_ThatOptsOut_NeitherTakesNorLeaves()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Folder, Small);
        Prompt prompt = Prompt.FromTokens(EngineTests.Tokens(100, seed: 1));
        await model.CompleteAsync(prompt, Twenty with { PromptCache = false });
        Assert.That(model.GetStatus().KeptCacheTokens, Is.Zero);
        Assert.That((await model.CompleteAsync(prompt, Twenty)).Usage.CachedTokens, Is.Zero);
        Assert.That((await model.CompleteAsync(prompt, Twenty with { PromptCache = false })).Usage.CachedTokens, Is.Zero);
        Assert.That((await model.CompleteAsync(prompt, Twenty)).Usage.CachedTokens, Is.EqualTo(96), "three tokens more are not worth a copy");
    }

    [Test]
    public async Task Score_OfAPromptThatIsKept_StillScoresEveryToken()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Folder, Small);
        int[] tokens = EngineTests.Tokens(100, seed: 1);
        TokenScores before = await model.ScoreAsync(Prompt.FromTokens(tokens), includeLastLogits: true);
        await model.CompleteAsync(Prompt.FromTokens(tokens), Twenty);
        TokenScores after = await model.ScoreAsync(Prompt.FromTokens(tokens), includeLastLogits: true);
        Assert.That(after.LogProbs, Is.EqualTo(before.LogProbs).And.Property("Count").EqualTo(100));
        Assert.That(after.LastLogits!.Value.ToArray(), Is.EqualTo(before.LastLogits!.Value.ToArray()).AsCollection);
    }

    [Test]
    public async Task Usage_OfAnAnswerToASequence_CountsItsComputedPast()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Folder, Small);
        using Phi4Sequence sequence = model.CreateSequence();
        sequence.Append(EngineTests.Tokens(60, seed: 1));
        sequence.Forward();
        GenerationUsage? usage = null;
        await foreach (GenerationChunk chunk in model.GenerateAsync(sequence, Twenty))
        {
            usage = chunk.Usage ?? usage;
        }

        Assert.That((usage!.PromptTokens, usage.CachedTokens), Is.EqualTo((60, 59)));
        Assert.That(model.GetStatus().KeptCacheTokens, Is.Zero, "what somebody drives by hand is nobody else's");
    }

    private static async Task AssertSameBits(Engine engine, Engine plain, int[] tokens, int found)
    {
        int[] wanted = [.. Enumerable.Range(0, tokens.Length).Where(position => position >= found && position % 5 == 0)];
        var sequence = new RecordingSequence(tokens, wanted, sharesPages: true);
        engine.Submit(sequence);
        IReadOnlyDictionary<int, float[]> logits = await sequence.Completion;
        Assert.That(sequence.FirstComputed, Is.EqualTo(found), $"{tokens.Length} tokens");
        foreach ((int position, float[] expected) in await plain.RunAsync(tokens, wanted))
        {
            Assert.That(logits[position], Is.EqualTo(expected).AsCollection, $"{tokens.Length} tokens, position {position}");
        }
    }

    private static TestCaseData Case(string name, Func<bool, Engine> create) =>
        new TestCaseData(create).SetName($"{nameof(Logits_BehindTokensTakenOver_HaveTheBitsOfAllComputed)}({name})");
}
