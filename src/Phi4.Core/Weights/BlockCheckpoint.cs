// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.Intrinsics;
using System.Text.Json;
using Phi4.Core.Configuration;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// Writes the files that <see cref="BlockSource"/> reads, tensor by tensor: beside the mapped source there is never more in memory than the largest one.
/// </summary>
internal sealed class BlockCheckpoint : IDisposable
{
    private readonly TensorReader _reader;
    private readonly WeightLoadOptions _options;
    private readonly CancellationToken _cancellation;
    private HostBuffer? _room;

    public BlockCheckpoint(ModelConfig config, IWeightSource source, WeightLoadOptions options, CancellationToken cancellationToken)
    {
        _options = options;
        _cancellation = cancellationToken;
        _reader = new TensorReader(config, source, options, cancellationToken);
        IReadOnlyList<ModelFormatProblem> problems = [.. CheckpointCheck.Problems(config, source, cancellationToken), .. _reader.Problems()];
        if (problems.Count > 0)
        {
            throw new ModelFormatException(problems);
        }

        problems = [.. _reader.CalibrationProblems()];
        if (problems.Count > 0)
        {
            throw new ModelFormatException(problems);
        }

        Tensors = _reader.Tensors();
        Blocks = Describe(Tensors);
    }

    /// <summary>What will be written.</summary>
    public IReadOnlyList<KeptTensor> Tensors { get; }

    /// <summary>What the configuration has to say about it; null if nothing would be in blocks.</summary>
    public BlockWeightsConfig? Blocks { get; }

    /// <summary>Bytes of all tensors.</summary>
    public long ByteCount => Tensors.Sum(tensor => tensor.ByteCount);

    /// <summary>Writes one file, or shards and their index.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="shardBytes">Where a shard is full; one tensor may be larger.</param>
    /// <returns>What was lost, tensor by tensor; null where nothing was quantized.</returns>
    public IReadOnlyList<QuantizationError?> Write(string folder, long shardBytes)
    {
        LoadMeter meter = new(_options.Progress, Tensors.Sum(item => item.Source.ByteCount), Tensors.Count);
        List<IReadOnlyList<KeptTensor>> shards = Deal(shardBytes);
        List<QuantizationError?> lost = [];
        Dictionary<string, string> index = new(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string name = shards.Count == 1 ? Checkpoint.SingleFileName : string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors");
            WriteShard(Path.Combine(folder, name), shards[i], meter, lost);
            foreach (StoredPart part in shards[i].SelectMany(StoredPart.Of))
            {
                index.Add(part.Name, name);
            }
        }

        if (shards.Count > 1)
        {
            WriteIndex(Path.Combine(folder, Checkpoint.IndexFileName), index);
        }

        meter.Finish();
        return lost;
    }

    public void Dispose() => _room?.Dispose();

    private static BlockWeightsConfig? Describe(IReadOnlyList<KeptTensor> tensors)
    {
        KeptTensor[] inBlocks = [.. tensors.Where(tensor => tensor.Blocks is not null)];
        KeptTensor? head = tensors.FirstOrDefault(tensor => tensor.Spec.Name == WeightNames.Head);
        var layers = inBlocks.Where(tensor => tensor != head).GroupBy(tensor => tensor.Blocks!.Value.Format).OrderByDescending(group => group.Sum(tensor => tensor.Spec.Count));
        if (layers.FirstOrDefault() is not { } most)
        {
            return null;
        }

        return new BlockWeightsConfig
        {
            Layers = TypeOf(most.Key),
            Head = head?.Blocks is { } own ? TypeOf(own.Format) : WeightType.AsStored,
        };
    }

    private static WeightType TypeOf(WeightFormat format) => format == WeightFormat.Int8 ? WeightType.Int8 : WeightType.Int4;

    private List<IReadOnlyList<KeptTensor>> Deal(long shardBytes)
    {
        List<IReadOnlyList<KeptTensor>> shards = [];
        List<KeptTensor> shard = [];
        long bytes = 0;
        foreach (KeptTensor tensor in Tensors)
        {
            if (shard.Count > 0 && bytes + tensor.ByteCount > shardBytes)
            {
                shards.Add(shard);
                shard = [];
                bytes = 0;
            }

            shard.Add(tensor);
            bytes += tensor.ByteCount;
        }

        shards.Add(shard);
        return shards;
    }

    private void WriteShard(string path, IReadOnlyList<KeptTensor> tensors, LoadMeter meter, List<QuantizationError?> lost)
    {
        Dictionary<string, string> metadata = new() { ["format"] = BlockWeightsConfig.Method, ["version"] = BlockWeightsConfig.Version.ToString(CultureInfo.InvariantCulture) };
        using ShardFile shard = ShardFile.Create(path, tensors.SelectMany(StoredPart.Of), metadata);
        foreach (KeptTensor tensor in tensors)
        {
            _cancellation.ThrowIfCancellationRequested();
            meter.Begin(tensor.Source);
            (WeightView view, QuantizationError? error) = _reader.Read(tensor, Allocate, meter);
            WriteTensor(shard, tensor, view);
            lost.Add(error);
            meter.End();
        }

        shard.Complete();
    }

    private unsafe void WriteTensor(ShardFile shard, KeptTensor tensor, WeightView view)
    {
        sbyte* table = stackalloc sbyte[BlockWeightsConfig.TableSize];
        Vector128.Store(view.Table, table);
        foreach (StoredPart part in StoredPart.Of(tensor))
        {
            nint address = part.Name == WeightNames.Table(tensor.Spec.Name) ? (nint)table : view.Values.Address;
            shard.Write(part.Name, address, _cancellation);
        }
    }

    /// <summary>The same memory for one tensor after another.</summary>
    private HostBuffer Allocate(long byteCount, string purpose)
    {
        if (_room is null || _room.ByteCount < byteCount)
        {
            _room?.Dispose();
            _room = HostBuffer.Allocate(byteCount, purpose);
        }

        return _room;
    }

    private void WriteIndex(string path, Dictionary<string, string> index)
    {
        using FileStream file = new(path, FileMode.CreateNew);
        using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", Tensors.SelectMany(StoredPart.Of).Sum(part => part.ByteCount));
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        foreach ((string name, string shard) in index)
        {
            json.WriteString(name, shard);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
