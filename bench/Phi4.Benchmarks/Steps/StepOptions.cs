// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Kernels;

namespace Phi4.Benchmarks.Steps;

/// <summary>Which step is profiled.</summary>
internal sealed record StepOptions
{
    public required string Folder { get; init; }

    public WeightType Weights { get; init; } = WeightType.AsStored;

    public DType CacheType { get; init; } = DType.BF16;

    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Tokens of each sequence in the step: 1 is decoding.</summary>
    public int Tokens { get; init; } = 1;

    public int Sequences { get; init; } = 1;

    /// <summary>Tokens of each sequence that are in the cache already.</summary>
    public int Depth { get; init; } = 128;

    /// <summary>Time to spend on each way of running it, in seconds.</summary>
    public double Seconds { get; init; } = 4;

    /// <summary><c>MODEL [weights=int4] [kv=bf16] [threads=2] [tokens=1] [sequences=1] [depth=128] [seconds=4]</c>.</summary>
    public static StepOptions Parse(IReadOnlyList<string> arguments)
    {
        StepOptions options = new() { Folder = arguments[0] };
        foreach (string argument in arguments.Skip(1))
        {
            string[] pair = argument.Split('=', 2);
            string value = pair[^1];
            options = pair[0] switch
            {
                "weights" => options with { Weights = Enum.Parse<WeightType>(value, ignoreCase: true) },
                "kv" => options with { CacheType = Enum.Parse<DType>(value, ignoreCase: true) },
                "threads" => options with { Threads = Number(value) },
                "tokens" => options with { Tokens = Number(value) },
                "sequences" => options with { Sequences = Number(value) },
                "depth" => options with { Depth = Number(value) },
                "seconds" => options with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) },
                _ => throw new ArgumentException($"{argument} is none of weights=, kv=, threads=, tokens=, sequences=, depth=, seconds=."),
            };
        }

        return options;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
