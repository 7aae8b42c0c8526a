// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

/// <summary>A small checkpoint whose bytes follow from tensor names, with room for faults.</summary>
internal sealed class TinyCheckpoint
{
    public TinyCheckpoint(ModelConfig config)
    {
        foreach (TensorSpec spec in CheckpointLayout.Tensors(config))
        {
            Set(spec.Name, config.DType, [.. spec.Shape]);
        }
    }

    public Dictionary<string, (DType DType, long[] Shape, byte[] Data)> Tensors { get; } = [];

    public static ModelConfig Config(string architecture, bool tied = false) => new()
    {
        Architecture = architecture,
        Layout = architecture == "Phi3ForCausalLM" ? ProjectionLayout.Fused : ProjectionLayout.Separate,
        HiddenSize = 16,
        LayerCount = 2,
        HeadCount = 4,
        KvHeadCount = 2,
        HeadSize = 8,
        MlpSize = 24,
        VocabSize = 40,
        RmsNormEpsilon = 1e-5f,
        Rope = new RopeConfig { Theta = 10000, RotarySize = 8 },
        MaxPositions = 64,
        TieWordEmbeddings = tied,
        QkvBias = architecture == "Qwen2ForCausalLM",
        DType = DType.F32,
    };

    public void Set(string name, DType dtype, long[] shape)
    {
        int byteCount = (int)shape.Aggregate((long)dtype.SizeInBytes(), (a, b) => a * b);
        uint seed = name.Aggregate(7u, (hash, c) => hash * 31 + c);
        Tensors[name] = (dtype, shape, [.. Enumerable.Range(0, byteCount).Select(i => (byte)((seed + (uint)i) * 2654435761u >> 24))]);
    }

    public void WriteSingle(TemporaryFolder folder) => Write(folder["model.safetensors"], Tensors.Keys);

    /// <summary>Tensors dealt out in turn, so that every layer straddles shards.</summary>
    public void WriteShards(TemporaryFolder folder, int shardCount, Func<string, string, string>? misname = null)
    {
        string shardName(int i) => $"model-{i + 1:00000}-of-{shardCount:00000}.safetensors";
        string[] names = [.. Tensors.Keys];
        for (int i = 0; i < shardCount; i++)
        {
            Write(folder[shardName(i)], names.Where((_, j) => j % shardCount == i));
        }

        IEnumerable<string> map = names.Select((name, j) => $"\"{name}\": \"{misname?.Invoke(name, shardName(j % shardCount)) ?? shardName(j % shardCount)}\"");
        folder.Write("model.safetensors.index.json", $$"""{ "metadata": {}, "weight_map": { {{string.Join(", ", map)}} } }""");
    }

    private void Write(string path, IEnumerable<string> names)
    {
        string[] ordered = [.. names.OrderByDescending(name => Tensors[name].DType.SizeInBytes())];
        using SafetensorsWriter writer = SafetensorsWriter.Create(
            path, [.. ordered.Select(name => (name, Tensors[name].DType, (IReadOnlyList<long>)Tensors[name].Shape))]);
        foreach (string name in ordered)
        {
            writer.Write(name, Tensors[name].Data);
        }

        writer.Complete();
    }
}
