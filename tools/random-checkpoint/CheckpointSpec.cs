// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.RandomCheckpoint;

/// <summary>Everything about the checkpoint that is to be written.</summary>
internal sealed record CheckpointSpec
{
    public required string Folder { get; init; }

    public required ModelConfig Config { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>The text of config.json.</summary>
    public required byte[] ConfigJson { get; init; }

    /// <summary>The text of generation_config.json, or null for none.</summary>
    public required byte[]? GenerationJson { get; init; }

    public required IReadOnlyList<Shard> Shards { get; init; }

    public long ByteCount => Shards.Sum(shard => shard.ByteCount);

    public static CheckpointSpec Create(Arguments arguments)
    {
        string name = arguments.ConfigFile ?? $"preset {arguments.Preset}";
        byte[] json = arguments.ConfigFile is { } file ? ReadFile(file) : Encoding.UTF8.GetBytes(Presets.Config(arguments.Preset!));
        ModelConfig original = ModelConfigReader.Parse(json, name);
        byte[] rewritten = ConfigRewriter.Rewrite(json, original, arguments.Layout ?? original.Layout, arguments.DType ?? original.DType);
        ModelConfig config = ModelConfigReader.Parse(rewritten, $"{name} as rewritten");
        return new CheckpointSpec
        {
            Folder = arguments.Folder,
            Config = config,
            Seed = arguments.Seed,
            ConfigJson = rewritten,
            GenerationJson = Generation(arguments, config),
            Shards = ShardPlan.Split(CheckpointLayout.Tensors(config), config.DType, arguments.ShardBytes),
        };
    }

    private static byte[]? Generation(Arguments arguments, ModelConfig config)
    {
        if (arguments.ConfigFile is null)
        {
            return Encoding.UTF8.GetBytes(
                $$"""{ "_from_model_config": true, "bos_token_id": {{config.BeginTokenId}}, "eos_token_id": {{config.EndTokenIds[0]}} }""" + "\n");
        }

        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(arguments.ConfigFile))!, GenerationConfigReader.FileName);
        return File.Exists(beside) ? File.ReadAllBytes(beside) : null;
    }

    private static byte[] ReadFile(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path) : throw new ModelFormatException(path, null, "a config.json", "none");
}

/// <summary>One file of the checkpoint.</summary>
internal sealed record Shard(string FileName, IReadOnlyList<TensorSpec> Tensors, DType DType)
{
    public long ByteCount => Tensors.Sum(tensor => tensor.Count) * DType.SizeInBytes();
}

/// <summary>Splits tensors into files as the reference library does: greedily, in order, a new file when the next tensor would overfill this one.</summary>
internal static class ShardPlan
{
    public static IReadOnlyList<Shard> Split(IEnumerable<TensorSpec> tensors, DType dtype, long shardBytes)
    {
        List<List<TensorSpec>> groups = [[]];
        long filled = 0;
        foreach (TensorSpec tensor in tensors)
        {
            long byteCount = tensor.Count * dtype.SizeInBytes();
            if (filled + byteCount > shardBytes && filled > 0)
            {
                groups.Add([]);
                filled = 0;
            }

            groups[^1].Add(tensor);
            filled += byteCount;
        }

        return groups.Count == 1
            ? [new Shard(Checkpoint.SingleFileName, groups[0], dtype)]
            : [.. groups.Select((group, i) => new Shard($"model-{i + 1:00000}-of-{groups.Count:00000}.safetensors", group, dtype))];
    }
}
