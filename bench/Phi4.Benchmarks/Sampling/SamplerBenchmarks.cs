// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using Phi4.Benchmarks.Measuring;
using Phi4.Core.Sampling;

namespace Phi4.Benchmarks.Sampling;

/// <summary>One token from a row of phi-4's vocabulary, 100,352 logits, on one core. Peaked: like a language model's. Flat: normal, deviation 1.</summary>
public class SamplerBenchmarks : MeasuredBenchmarks
{
    private const int VocabSize = 100_352;
    private readonly SamplerScratch _scratch = new(VocabSize);
    private readonly float[] _logits = new float[VocabSize];
    private int _position;
    private SamplerState _greedy = null!, _temperature = null!, _topK = null!, _topP = null!, _minP = null!, _typical = null!, _all = null!;

    [Params(false, true)]
    public bool Flat { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        MeasureCeilings();
        var random = new Random(1);
        for (var id = 0; id < VocabSize; id++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            _logits[id] = (float)(Flat ? normal : 3 * normal);
        }

        for (var peak = 0; peak < 20 && !Flat; peak++)
            _logits[random.Next(VocabSize)] = 22 - peak * 0.5f;
        var sampled = new GenerationOptions { Temperature = 1, Seed = 1 };
        _greedy = State(new());
        _temperature = State(sampled);
        _topK = State(sampled with { TopK = 50 });
        _topP = State(sampled with { TopP = 0.95f });
        _minP = State(sampled with { MinP = 0.05f });
        _typical = State(sampled with { TypicalP = 0.95f });
        _all = State(sampled with { TopK = 50, TopP = 0.95f, MinP = 0.05f, RepetitionPenalty = 1.1f, FrequencyPenalty = 0.1f });
    }

    [Benchmark(Baseline = true)]
    public int Greedy() => Sample(_greedy);

    [Benchmark]
    public int Temperature() => Sample(_temperature);

    [Benchmark]
    public int TopK50() => Sample(_topK);

    [Benchmark]
    public int TopP095() => Sample(_topP);

    [Benchmark]
    public int MinP005() => Sample(_minP);

    [Benchmark]
    public int Typical095() => Sample(_typical);

    [Benchmark]
    public int TopKTopPMinPPenalties() => Sample(_all);

    [Benchmark]
    public float LogProbability() => LogSoftmax.Of(_logits, 7);

    [Benchmark]
    public TokenLogProbs Report20() => LogProbReport.Of(_logits, 7, 20, _scratch);

    internal override Work WorkOf(string method) => new(VocabSize * sizeof(float));

    private static SamplerState State(GenerationOptions options) => new(options.Resolve(), VocabSize, [.. Enumerable.Range(0, 500)], []);

    private int Sample(SamplerState state) => Sampler.Sample(_logits, state, _position++, _scratch);
}
