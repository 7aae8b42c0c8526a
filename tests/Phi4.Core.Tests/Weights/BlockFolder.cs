// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

/// <summary>A checkpoint in blocks, made of floats, with room for faults.</summary>
internal sealed class BlockFolder : IDisposable
{
    private readonly TemporaryFolder _floats = new();
    private readonly TemporaryFolder _blocks = new();

    public BlockFolder(ModelConfig config, WeightPlan plan, long shardBytes = long.MaxValue)
    {
        FloatConfig = config;
        Plan = plan;
        WeightTypeTests.WriteSound(config, _floats);
        using IWeightSource source = WeightSources.Open(config, _floats.Path);
        using BlockCheckpoint checkpoint = new(config, source, new WeightLoadOptions { Plan = plan }, default);
        checkpoint.Write(_blocks.Path, shardBytes);
        ByteCount = checkpoint.ByteCount;
        Config = config with { BlockWeights = checkpoint.Blocks };
    }

    public ModelConfig FloatConfig { get; }

    public WeightPlan Plan { get; }

    /// <summary>The configuration with what it has to say about blocks.</summary>
    public ModelConfig Config { get; set; }

    public long ByteCount { get; }

    public string Path => _blocks.Path;

    public ModelWeights Load() => WeightLoader.Load(Config, Path);

    /// <summary>The same quantized while loading.</summary>
    public ModelWeights LoadFloats() => WeightLoader.Load(FloatConfig, _floats.Path, new WeightLoadOptions { Plan = Plan });

    /// <summary>Writes the file again after a change to its tensors.</summary>
    public void Damage(Action<Dictionary<string, (DType DType, long[] Shape, byte[] Data)>> change)
    {
        Dictionary<string, (DType DType, long[] Shape, byte[] Data)> tensors = [];
        string path = _blocks["model.safetensors"];
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            foreach (TensorInfo tensor in file.Tensors)
            {
                tensors.Add(tensor.Name, (tensor.DType, [.. tensor.Shape], file.Bytes(tensor).ToArray()));
            }
        }

        change(tensors);
        File.Delete(path);
        using ShardFile shard = ShardFile.Create(path, tensors.Select(tensor => new StoredPart(tensor.Key, tensor.Value.DType, tensor.Value.Shape)), new Dictionary<string, string>());
        foreach ((string name, (_, _, byte[] data)) in tensors)
        {
            GCHandle pin = GCHandle.Alloc(data, GCHandleType.Pinned);
            shard.Write(name, pin.AddrOfPinnedObject(), default);
            pin.Free();
        }

        shard.Complete();
    }

    public void Dispose()
    {
        _floats.Dispose();
        _blocks.Dispose();
    }
}
