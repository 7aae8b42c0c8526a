// SPDX-License-Identifier: MIT
using System.Buffers;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Gguf;

/// <summary>The tensors of a GGUF file under their Hugging Face names. Floats are mapped as they lie, blocks handed over as <see cref="GgufCodes"/> says.</summary>
/// <remarks>
/// Files of the llama architecture keep the rows of q and k in the order of another rotary embedding, pairs side by side: row 2j + h of a head is row
/// h D/2 + j here. They are read in our order.
/// </remarks>
internal sealed class GgufSource : IWeightSource
{
    private readonly GgufFile _file;
    private readonly Dictionary<string, (SourceTensor Tensor, GgufTensor Stored)> _byName = new(StringComparer.Ordinal);
    private readonly int _headSize;
    private readonly bool _hasPairedRows;

    private GgufSource(GgufFile file, ModelConfig config)
    {
        _file = file;
        Config = config;
        _headSize = config.HeadSize;
        _hasPairedRows = config.Architecture == "LlamaForCausalLM";
        foreach (GgufTensor stored in file.Tensors.Where(tensor => !GgufNames.IsRotary(tensor.Name)))
        {
            string name = GgufNames.ToHuggingFace(stored.Name, config.Layout == ProjectionLayout.Fused);
            if (!_byName.TryAdd(name, (Describe(name, stored), stored)))
            {
                throw new ModelFormatException(file.Path, stored.Name, "each tensor once", $"{_byName[name].Stored.Name} too, which is the same");
            }
        }

        Tensors = [.. _byName.Values.Select(entry => entry.Tensor)];
    }

    public string Path => _file.Path;

    /// <summary>What the file's metadata say of the model.</summary>
    public ModelConfig Config { get; }

    public GgufMetadata Metadata => _file.Metadata;

    public IReadOnlyList<SourceTensor> Tensors { get; }

    /// <exception cref="ModelFormatException">The file breaks the format or holds a model that is not supported.</exception>
    public static GgufSource Open(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return new GgufSource(file, GgufConfigReader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tensors as they lie in the file, under their Hugging Face names.</summary>
    public IEnumerable<TensorInfo> Stored => _byName.Values.Select(entry => new TensorInfo(
        entry.Tensor.Name, GgufBlocks.FloatType(entry.Stored.Type) ?? DType.U8, entry.Stored.Shape, Path, entry.Stored.FileOffset, entry.Stored.ByteCount)
    {
        BlockFormat = GgufBlocks.FloatType(entry.Stored.Type) is null ? $"{entry.Stored.Type}" : null,
    });

    public SourceTensor? Find(string name) => _byName.TryGetValue(name, out var entry) ? entry.Tensor : null;

    public WeightView Map(SourceTensor tensor) => tensor.IsMapped ? _file.View(_byName[tensor.Name].Stored) : default(WeightView);

    public void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination)
    {
        GgufTensor stored = _byName[tensor.Name].Stored;
        bool paired = IsPaired(tensor);
        for (int row = 0; row < count; row++)
        {
            GgufBlocks.Dequantize(
                stored.Type, _file.Row(stored, StoredRow(start + row, paired)), destination.Slice(row * tensor.Columns, tensor.Columns));
        }
    }

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> tiles)
    {
        GgufTensor stored = _byName[tensor.Name].Stored;
        BlockFormat format = tensor.Blocks ?? throw new InvalidOperationException($"{tensor.Name} is {tensor.Signature}: it has no blocks.");
        var tile = new BlockTile(format.Layout, tensor.Columns);
        bool keepsCodes = GgufCodes.KeepsCodes(stored.Type), paired = IsPaired(tensor);
        int blocks = BlockLayout.BlockCount(tensor.Columns);
        byte[] rowCodes = ArrayPool<byte>.Shared.Rent(tensor.Columns);
        float[] values = keepsCodes ? [] : ArrayPool<float>.Shared.Rent(tensor.Columns);
        var rowScales = new Half[blocks];
        Half[] rowOffsets = format.HasOffsets ? new Half[blocks] : [];
        tiles.Clear();
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<byte> bytes = _file.Row(stored, StoredRow(start + row, paired));
            Span<byte> found = rowCodes.AsSpan(0, tensor.Columns);
            if (keepsCodes)
            {
                GgufCodes.Read(stored.Type, bytes, found, rowScales, rowOffsets);
            }
            else
            {
                Span<float> rowValues = values.AsSpan(0, tensor.Columns);
                GgufBlocks.Dequantize(stored.Type, bytes, rowValues);
                NearestInt8.Encode(rowValues, found, rowScales);
            }

            tile.WriteCodes(row, found, tiles);
            tile.WriteScales(row, rowScales, tiles);
            if (format.HasOffsets)
            {
                tile.WriteOffsets(row, rowOffsets, tiles);
            }
        }

        ArrayPool<byte>.Shared.Return(rowCodes);
        if (!keepsCodes)
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    public void Dispose() => _file.Dispose();

    private SourceTensor Describe(string name, GgufTensor stored) => new(name, stored.Shape, $"{stored.Type}", _file.Path, stored.ByteCount)
    {
        Floats = stored.Shape.Count is 1 or 2 ? GgufBlocks.FloatType(stored.Type) : null,
        Blocks = stored.Shape.Count == 2 ? GgufCodes.FormatOf(stored.Type) : null,
        Becomes = stored.Shape.Count == 2 && GgufCodes.FormatOf(stored.Type) is { } format ? format.Describe(GgufCodes.KeepsCodes(stored.Type)) : $"{stored.Type}",
        IsMapped = stored.Shape.Count is 1 or 2 && GgufBlocks.FloatType(stored.Type) is not null && !IsPaired(name),
    };

    private bool IsPaired(SourceTensor tensor) => IsPaired(tensor.Name);

    private bool IsPaired(string name) => _hasPairedRows
        && (name.EndsWith("self_attn.q_proj.weight", StringComparison.Ordinal) || name.EndsWith("self_attn.k_proj.weight", StringComparison.Ordinal));

    private int StoredRow(int row, bool paired)
    {
        if (!paired)
        {
            return row;
        }

        int inHead = row % _headSize, half = _headSize / 2;
        return row - inHead + (2 * (inHead % half)) + (inHead / half);
    }
}
