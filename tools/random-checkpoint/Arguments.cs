// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.RandomCheckpoint;

/// <summary>The command line, read.</summary>
internal sealed record Arguments
{
    public const string Help = """
        Writes a random checkpoint: config.json, generation_config.json and safetensors, sharded as published checkpoints are.

          --preset NAME        phi-4 (14B, 29 GB), phi-4-1.3b (phi-4's proportions, 2.6 GB) or tiny
          --config FILE        a config.json instead of a preset
          --out FOLDER         where to write; must not hold weights yet
          --seed N             another seed, other weights (default 0)
          --dtype TYPE         bf16, f16 or f32 (default: as the configuration says)
          --shard-size BYTES   most bytes of tensors in a file (default 5e9)
          --layout LAYOUT      fused (Phi3) or separate (Llama); the same seed gives the same model in both (default: as the configuration says)
        """;

    public string? Preset { get; init; }

    public string? ConfigFile { get; init; }

    public required string Folder { get; init; }

    public ulong Seed { get; init; }

    public DType? DType { get; init; }

    public long ShardBytes { get; init; } = 5_000_000_000;

    public ProjectionLayout? Layout { get; init; }

    /// <exception cref="ArgumentException">An unknown or incomplete option, or a combination that makes no sense.</exception>
    public static Arguments Parse(IReadOnlyList<string> args)
    {
        Arguments result = new() { Folder = "" };
        for (int i = 0; i < args.Count; i += 2)
        {
            string value = i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"{args[i]} needs a value.");
            result = args[i] switch
            {
                "--preset" => result with { Preset = value },
                "--config" => result with { ConfigFile = value },
                "--out" => result with { Folder = value },
                "--seed" => result with { Seed = ParseSeed(value) },
                "--shard-size" => result with { ShardBytes = ParseBytes(value) },
                "--dtype" => result with { DType = ParseDType(value) },
                "--layout" => result with { Layout = ParseLayout(value) },
                _ => throw new ArgumentException($"Unknown option {args[i]}. {Environment.NewLine}{Help}"),
            };
        }

        if (result.Folder.Length == 0 || (result.Preset is null) == (result.ConfigFile is null))
        {
            throw new ArgumentException($"--out and one of --preset and --config are needed.{Environment.NewLine}{Help}");
        }

        return result;
    }

    private static ulong ParseSeed(string value) => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
        ? seed
        : throw new ArgumentException($"--seed: a whole number is expected, not {value}.");

    private static long ParseBytes(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double bytes) && bytes is >= 1 and < 1e18
            ? (long)bytes
            : throw new ArgumentException($"--shard-size: a number of bytes is expected, not {value}.");

    private static DType ParseDType(string value) => value switch
    {
        "bf16" => Kernels.DType.BF16,
        "f16" => Kernels.DType.F16,
        "f32" => Kernels.DType.F32,
        _ => throw new ArgumentException($"--dtype: bf16, f16 or f32 is expected, not {value}."),
    };

    private static ProjectionLayout ParseLayout(string value) => value switch
    {
        "fused" => ProjectionLayout.Fused,
        "separate" => ProjectionLayout.Separate,
        _ => throw new ArgumentException($"--layout: fused or separate is expected, not {value}."),
    };
}
