// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Generation;

internal sealed class EngineTests
{
    private static readonly string Folder = Goldens.Model("tiny-phi4");

    [Test]
    public async Task Run_WithACacheTooSmallForAll_PreemptsAndGivesTheSameBits([Values(DType.F32, DType.I8)] DType cacheType)
    {
        using Engine roomy = TestEngine.Create(Folder, Backends.Create("cpu-256"), cacheType: cacheType);
        using Engine tight = TestEngine.Create(Folder, Backends.Create("cpu-256"), cacheType: cacheType, cacheTokens: 2048, sequences: 4);
        int[][] prompts = [.. Enumerable.Range(0, 6).Select(i => Tokens(500 + 90 * i, seed: i))];
        var crowded = await Task.WhenAll(prompts.Select(prompt => tight.RunAsync(prompt)));
        for (int i = 0; i < prompts.Length; i++)
        {
            IReadOnlyDictionary<int, float[]> alone = await roomy.RunAsync(prompts[i]);
            Assert.That(crowded[i][prompts[i].Length - 1], Is.EqualTo(alone[prompts[i].Length - 1]).AsCollection, $"prompt {i}");
        }

        Assert.That(tight.Status().FreePageCount, Is.EqualTo(tight.Status().PageCount));
    }

    [Test]
    public async Task Run_AnyStepSize_GivesTheSameBits([Values(DType.F32, DType.I8)] DType cacheType)
    {
        int[] prompt = Tokens(333, seed: 5);
        float[]? expected = null;
        foreach (int stepTokens in (int[])[1, 7, 64, 333, 512])
        {
            using Engine engine = TestEngine.Create(Folder, Backends.Create("cpu-256"), stepTokens, cacheType, sequences: 1);
            float[] logits = (await engine.RunAsync(prompt))[prompt.Length - 1];
            expected ??= logits;
            Assert.That(logits, Is.EqualTo(expected).AsCollection, $"{stepTokens} tokens a step");
        }
    }

    [Test]
    public async Task Run_AnyThreadCount_GivesTheSameBits()
    {
        int[] prompt = Tokens(100, seed: 6);
        float[]? expected = null;
        foreach (int threads in (int[])[1, 2, 3, 5])
        {
            using Engine engine = TestEngine.Create(Folder, Backends.Create("cpu-256", threads));
            float[] logits = (await engine.RunAsync(prompt))[prompt.Length - 1];
            expected ??= logits;
            Assert.That(logits, Is.EqualTo(expected).AsCollection, $"{threads} threads");
        }
    }

    [Test]
    public async Task Sequences_WithMorePagesHeldThanThereAre_FailWithTheNumbers()
    {
        using Engine engine = TestEngine.Create(Folder, Backends.Create("cpu-256"), cacheTokens: 2048);
        using var hoarder = new Phi4Sequence(engine, 512);
        hoarder.Append(Tokens(2000, seed: 1));
        hoarder.Forward();
        using var late = new Phi4Sequence(engine, 512);
        late.Append(Tokens(200, seed: 2));
        KvCacheFullException? failure = await Assert.ThrowsAsync<KvCacheFullException>(() => late.ForwardAsync());
        Assert.That((failure!.TokenCount, failure.Capacity), Is.EqualTo((200, 2048)));

        hoarder.Truncate(100);
        Assert.That(late.Forward().Length, Is.EqualTo(512), "room again");
        Assert.That(engine.Status().RunningCount, Is.Zero);
    }

    [Test]
    public async Task Step_OfDecoding_AllocatesNothing([Values] bool sharesPages)
    {
        using Engine engine = TestEngine.Create(Folder, Backends.Create("cpu-256"), stepTokens: 16, sequences: 4);
        CountingSequence[] sequences = [.. Enumerable.Range(0, 4).Select(i => new CountingSequence(Tokens(20 + i, seed: i), steps: 400, sharesPages))];
        foreach (CountingSequence sequence in sequences)
        {
            engine.Submit(sequence);
        }

        await Task.WhenAll(sequences.Select(sequence => sequence.Completion));
        Assert.That(sequences[0].AllocatedBytes, Is.Zero, "bytes that the engine's thread allocated over 300 steps");
    }

    [Test]
    public void Sequence_ForkedAndTruncated_ContinuesAsAFreshOne()
    {
        using Engine engine = TestEngine.Create(Folder, Backends.Create("cpu-256"));
        int[] tokens = Tokens(150, seed: 3);
        using var parent = new Phi4Sequence(engine, 512);
        parent.Append(tokens.AsSpan(0, 100));
        parent.Forward();
        using Phi4Sequence child = parent.Fork();
        child.Append(tokens.AsSpan(100));
        float[] forked = child.Forward().ToArray();

        using var fresh = new Phi4Sequence(engine, 512);
        fresh.Append(tokens);
        Assert.That(forked, Is.EqualTo(fresh.Forward().ToArray()).AsCollection);

        child.Truncate(100);
        Assert.That(child.Forward().ToArray(), Is.EqualTo(parent.Forward().ToArray()).AsCollection);
    }

    [Test]
    public void Sequence_WithBadTokensOrTooMany_IsRefusedAndUnchanged()
    {
        using Engine engine = TestEngine.Create(Folder, Backends.Create("cpu-256"));
        using var sequence = new Phi4Sequence(engine, 512);
        Assert.That(() => sequence.Append(3, 512), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("512 at index 1"));
        Assert.That(() => sequence.Append(new int[2049]), Throws.TypeOf<ContextLengthExceededException>().With.Message.Contains("2049").And.Message.Contains("2048"));
        Assert.That(sequence.TokenIds, Is.Empty);
        Assert.That(() => sequence.Forward(), Throws.InvalidOperationException);
    }

    internal static int[] Tokens(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 512))];
    }
}
