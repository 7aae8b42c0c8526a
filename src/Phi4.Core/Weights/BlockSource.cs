// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// A checkpoint that <c>phi4 quantize</c> wrote: matrices as <c>NAME.codes</c> and <c>NAME.scales</c>, with <c>NAME.table</c> and sometimes <c>NAME.offsets</c> for 4 bits,
/// which lie in the file as the kernels read them, beside plain floats. docs/quantization.md describes it.
/// </summary>
internal sealed class BlockSource : IWeightSource
{
    private readonly FloatSource _files;
    private readonly Dictionary<string, SourceTensor> _byName;

    private BlockSource(FloatSource files, IReadOnlyList<SourceTensor> tensors)
    {
        _files = files;
        Tensors = tensors;
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    public string Path => _files.Path;

    /// <summary>The files.</summary>
    public Checkpoint Checkpoint => _files.Checkpoint;

    public IReadOnlyList<SourceTensor> Tensors { get; }

    /// <summary>Opens and checks that each quantized matrix has codes and scales of the right type, size and place.</summary>
    /// <exception cref="ModelFormatException">The files break the format, or a matrix isn't what the configuration says.</exception>
    public static BlockSource Open(ModelConfig config, string folder, CancellationToken cancellationToken = default)
    {
        BlockWeightsConfig blocks = config.BlockWeights ?? throw new ArgumentException("The configuration has no blocks.", nameof(config));
        FloatSource files = FloatSource.Open(folder, cancellationToken);
        try
        {
            return new BlockSource(files, Join(config, blocks, files));
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    public SourceTensor? Find(string name) => _byName.GetValueOrDefault(name);

    public WeightView Map(SourceTensor tensor)
    {
        if (tensor.Blocks is not { } blocks)
        {
            return _files.Map(tensor);
        }

        nint codes = Address(WeightNames.Codes(tensor.Name));
        nint scales = Address(WeightNames.Scales(tensor.Name));
        return blocks.Format == WeightFormat.Int8
            ? WeightView.Int8(tensor.Rows, tensor.Columns, codes, scales)
            : WeightView.Int4(tensor.Rows, tensor.Columns, codes, scales, blocks.HasOffsets ? Address(WeightNames.Offsets(tensor.Name)) : 0, blocks.Table);
    }

    public unsafe void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination)
    {
        if (tensor.Blocks is not { } blocks)
        {
            _files.ReadRows(tensor, start, count, destination);
            return;
        }

        WeightView view = Map(tensor);
        byte* codes = (byte*)view.Values.Address;
        Half* scales = (Half*)view.Scales;
        Half* offsets = (Half*)view.Offsets;
        for (int row = start; row < start + count; row++)
        {
            for (int column = 0; column < tensor.Columns; column++)
            {
                byte code = codes[BlockLayout.CodeOffset(blocks.Format, tensor.Columns, row, column)];
                float value = blocks.Format == WeightFormat.Int8 ? (sbyte)code : blocks.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15];
                long block = BlockLayout.ScaleIndex(tensor.Columns, row, column);
                destination[((row - start) * tensor.Columns) + column] = (value * (float)scales[block]) + (offsets is null ? 0 : (float)offsets[block]);
            }
        }
    }

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets)
    {
        WeightFormat format = tensor.Blocks?.Format ?? throw new InvalidOperationException($"{tensor.Name} is {tensor.Signature}: it has no blocks.");
        int tile = start / BlockLayout.TileRows;
        Bytes(WeightNames.Codes(tensor.Name), tile * BlockLayout.CodeBytesPerTile(format, tensor.Columns), codes.Length).CopyTo(codes);
        CopyHalves(WeightNames.Scales(tensor.Name), tile, tensor, scales);
        CopyHalves(WeightNames.Offsets(tensor.Name), tile, tensor, offsets);
    }

    public void Dispose() => _files.Dispose();

    /// <summary>Parts become matrices; what belongs to none stays as it is, for the caller to judge.</summary>
    private static List<SourceTensor> Join(ModelConfig config, BlockWeightsConfig blocks, FloatSource files)
    {
        Dictionary<string, SourceTensor> matrices = new(StringComparer.Ordinal);
        HashSet<string> parts = new(StringComparer.Ordinal);
        BlockParts reader = new(files);
        foreach (TensorSpec spec in new WeightPlan(blocks.Layers, blocks.Head).Tensors(config))
        {
            bool isHead = spec.Name == WeightNames.Head;
            if (spec.Shape.Count == 2 && spec.Name != WeightNames.Embedding
                && reader.Join(spec, isRequired: isHead && WeightPlan.Blocks(blocks.Head) is not null) is { } matrix)
            {
                matrices[WeightNames.Codes(spec.Name)] = matrix;
                parts.UnionWith([WeightNames.Scales(spec.Name), WeightNames.Offsets(spec.Name), WeightNames.Table(spec.Name)]);
            }
        }

        return reader.Problems.Count > 0
            ? throw new ModelFormatException(reader.Problems)
            : [.. files.Tensors.Where(tensor => !parts.Contains(tensor.Name)).Select(tensor => matrices.GetValueOrDefault(tensor.Name, tensor))];
    }

    private void CopyHalves(string part, int tile, SourceTensor tensor, Span<Half> destination)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        if (!bytes.IsEmpty)
        {
            Bytes(part, tile * BlockLayout.ScaleBytesPerTile(tensor.Columns), bytes.Length).CopyTo(bytes);
        }
    }

    private unsafe nint Address(string part)
    {
        fixed (byte* first = Bytes(part, 0, 1))
        {
            return (nint)first;
        }
    }

    private ReadOnlySpan<byte> Bytes(string part, long start, int count) =>
        _files.Checkpoint.FileOf(part).Bytes(_files.Checkpoint.Find(part)!, start, count);
}
