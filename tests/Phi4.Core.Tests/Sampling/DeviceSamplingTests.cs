// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling;
using Phi4.Kernels;
using Phi4.TestSupport.Cuda;

namespace Phi4.Core.Tests.Sampling;

/// <summary>Tokens chosen on the emulated device are those that the processor chooses from the same logits with the same seed.</summary>
[TestFixture]
internal sealed class DeviceSamplingTests
{
    private const float Inf = float.PositiveInfinity;

    private static readonly GenerationOptions[] Options =
    [
        new() { Temperature = 0 },
        new() { Temperature = 1 },
        new() { Temperature = 0.05f },
        new() { Temperature = float.Epsilon },
        new() { Temperature = 1.5f, TopK = 1 },
        new() { Temperature = 1.5f, TopK = 40 },
        new() { Temperature = 2, TopK = 2048 },
        new() { Temperature = 1, TopP = 0.3f },
        new() { Temperature = 1, TopP = 0.95f },
        new() { Temperature = 3, TopP = 0.999f },
        new() { Temperature = 1, TopP = 1e-6f },
        new() { Temperature = 1, MinP = 0.1f },
        new() { Temperature = 1, MinP = 1 },
        new() { Temperature = 0.8f, TopK = 50, TopP = 0.9f, MinP = 0.05f },
        new() { Temperature = 0, RepetitionPenalty = 1.3f, FrequencyPenalty = 0.4f, PresencePenalty = 0.7f },
        new() { Temperature = 1.2f, TopK = 30, RepetitionPenalty = 0.8f, FrequencyPenalty = -0.4f },
        new() { Temperature = 1, LogitBias = new Dictionary<int, float> { [3] = 9, [17] = -4.5f, [60] = 8 } },
        new() { Temperature = 1, AllowedTokens = [1, 5, 31, 32, 33, 64, 69], BannedTokens = [5, 33] },
        new() { Temperature = 0, BannedTokens = [.. Enumerable.Range(0, 40)], MinTokens = 1000, StopTokenIds = [41, 42, 43] },
    ];

    [SetUp]
    public void RequireEmulator() => Assume.That(EmulatedKernels.WhyNot, Is.Null);

    [Test]
    public void Sample_AnyOptions_ChoosesTheProcessorsTokens([Range(0, 18)] int number, [Values(70, 2500)] int vocabSize)
    {
        var random = new Random(number + vocabSize);
        float[][] rows =
        [
            Row(vocabSize, _ => Normal(random) * 3),
            Row(vocabSize, _ => Normal(random) * 0.01f),
            Row(vocabSize, _ => random.Next(-2, 3)),
            Row(vocabSize, _ => 1.5f),
            Row(vocabSize, i => i % 7 == 0 ? float.NaN : i % 3 == 0 ? -Inf : Normal(random) * 20),
            Row(vocabSize, i => i == vocabSize - 1 ? 30 : -1e30f),
            Row(vocabSize, i => i % 60 == 31 ? Inf : Normal(random)),
        ];
        Check(rows, [.. rows.Select((_, i) => State(Options[number], vocabSize, random, seed: 7 * i))]);
    }

    [Test]
    public void Sample_RowsOfTheModelsSize_ChoosesTheProcessorsTokens([Values(1, 8, 13, 15)] int number)
    {
        const int VocabSize = 100_352;
        var random = new Random(number);
        float[][] rows = [Row(VocabSize, _ => Normal(random) * 2)];
        Check(rows, [State(Options[number], VocabSize, random, seed: 5)]);
    }

    [Test]
    public void Sample_ManyPositions_ChoosesTheProcessorsTokens()
    {
        var random = new Random(3);
        float[] row = Row(300, _ => Normal(random));
        SamplerState state = State(new GenerationOptions { Temperature = 1, TopP = 0.9f }, 300, random, seed: -77);
        Check([.. Enumerable.Repeat(row, 64)], [.. Enumerable.Repeat(state, 64)]);
    }

    [Test]
    public void Sample_NothingToChoose_SaysSo([Values(0f, 1f)] float temperature)
    {
        SamplerState state = State(new GenerationOptions { Temperature = temperature, TopK = 3, TopP = 0.5f }, 40, new Random(1), seed: 1);
        Assert.That(Choose([Row(40, i => i % 2 == 0 ? float.NaN : -Inf)], [state]), Is.EqualTo(new[] { -1 }));
    }

    [Test]
    public void Sample_RowThatIsNotPlanned_IsLeftAlone()
    {
        SamplerState typical = State(new GenerationOptions { Temperature = 1, TypicalP = 0.5f }, 40, new Random(1), seed: 1);
        SamplerState greedy = State(new GenerationOptions { Temperature = 0 }, 40, new Random(1), seed: 1);
        float[] row = Row(40, i => i);
        Assert.That(Choose([row, row, row], [typical, greedy, typical]), Is.EqualTo(new[] { -9, 39, -9 }));
    }

    [Test]
    public void TryAdd_WhatOnlyTheHostCanDo_AddsNothing()
    {
        GenerationOptions[] ofHost = [new() { Temperature = 1, TypicalP = 0.5f }, new() { Temperature = 1, LogProbs = 2 }, new() { Temperature = 1, TopK = 2049 }];
        var plan = new DevicePlan(4, 5000);
        foreach (GenerationOptions options in ofHost)
        {
            Assert.That(plan.TryAdd(State(options, 5000, new Random(1), seed: 1), 0), Is.False);
        }

        Assert.That((plan.Rows.RowCount, plan.Rows.HasPlanned), Is.EqualTo((0, false)));
    }

    [Test]
    public void TryAdd_PlanThatIsFull_AddsNothing()
    {
        var plan = new DevicePlan(1, 40_000);
        int[] seen = [.. Enumerable.Range(0, 30_000)];
        var state = new SamplerState(new GenerationOptions { Temperature = 1, RepetitionPenalty = 1.1f }.Resolve(), 40_000, seen, []);
        Assert.That(plan.TryAdd(state, 0), Is.False);
        Assert.That(plan.Rows.RowCount, Is.Zero);
    }

    private static void Check(float[][] rows, SamplerState[] states)
    {
        var scratch = new SamplerScratch(rows[0].Length);
        int[] expected = [.. rows.Select((row, i) => Sampler.Sample(row, states[i], i, scratch))];
        Assert.That(Choose(rows, states), Is.EqualTo(expected));
    }

    private static int[] Choose(float[][] rows, SamplerState[] states)
    {
        int columns = rows[0].Length;
        using IKernels kernels = EmulatedKernels.Create(EmulatedKernels.CreateDriver());
        using KernelBuffer memory = kernels.Allocate((long)rows.Length * columns * sizeof(float), "logits");
        using KernelBuffer chosen = kernels.Allocate(rows.Length * sizeof(int), "chosen");
        var plan = new DevicePlan(rows.Length, columns);
        using KernelBuffer planned = kernels.Allocate(SamplingPlan.ByteCount(rows.Length, columns), "plan");
        TensorView logits = memory.View(DType.F32, rows.Length, columns), tokens = chosen.View(DType.I32, 1, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            kernels.Write<float>(logits.RowRange(i, 1), rows[i]);
            if (!plan.TryAdd(states[i], i))
            {
                plan.Rows.Skip();
            }
        }

        kernels.Write<int>(tokens, [.. Enumerable.Repeat(-9, rows.Length)]);
        TensorView planView = planned.View(DType.U8, 1, plan.Rows.Bytes.Length);
        kernels.Write(planView, plan.Rows.Bytes);
        kernels.Sample(tokens, logits, planView);
        int[] result = new int[rows.Length];
        kernels.Read<int>(result, tokens);
        return result;
    }

    private static SamplerState State(GenerationOptions options, int vocabSize, Random random, long seed)
    {
        int[] prompt = [.. Enumerable.Range(0, 30).Select(_ => random.Next(vocabSize))];
        var state = new SamplerState((options with { Seed = seed }).Resolve(), vocabSize, prompt, options.StopTokenIds ?? []);
        for (int i = 0; i < 20; i++)
        {
            state.Accept(random.Next(Math.Min(vocabSize, 50)));
        }

        return state;
    }

    private static float[] Row(int count, Func<int, float> value) => [.. Enumerable.Range(0, count).Select(value)];

    private static float Normal(Random random)
        => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
