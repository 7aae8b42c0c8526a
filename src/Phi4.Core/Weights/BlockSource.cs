// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// A checkpoint that <c>phi4 quantize</c> wrote: matrices as <c>NAME.blocks</c>, with <c>NAME.table</c> for 4 bits, which lie in the file as the kernels read them, beside
/// plain floats. docs/quantization.md describes it.
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

    /// <summary>Opens and checks that each quantized matrix has blocks of the right type, size and place.</summary>
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

        return blocks.View(tensor.Rows, tensor.Columns, Address(WeightNames.Blocks(tensor.Name)));
    }

    public unsafe void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination)
    {
        if (tensor.Blocks is not { } blocks)
        {
            _files.ReadRows(tensor, start, count, destination);
            return;
        }

        BlockLayout layout = blocks.Layout;
        byte* matrix = (byte*)Map(tensor).Values.Address;
        for (int row = start; row < start + count; row++)
        {
            for (int column = 0; column < tensor.Columns; column++)
            {
                byte code = matrix[layout.CodeOffset(tensor.Columns, row, column)];
                float value = blocks.Format == WeightFormat.Int8 ? (sbyte)code : blocks.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15];
                byte* scale = matrix + layout.ScaleOffset(tensor.Columns, row, column);
                float offset = layout.HasOffsets ? (float)*(Half*)(scale + BlockLayout.ScaleBytes) : 0;
                destination[((row - start) * tensor.Columns) + column] = (value * (float)*(Half*)scale) + offset;
            }
        }
    }

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> tiles)
    {
        BlockFormat blocks = tensor.Blocks ?? throw new InvalidOperationException($"{tensor.Name} is {tensor.Signature}: it has no blocks.");
        int tile = start / BlockLayout.TileRows;
        Bytes(WeightNames.Blocks(tensor.Name), tile * blocks.Layout.TileBytes(tensor.Columns), tiles.Length).CopyTo(tiles);
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
                matrices[WeightNames.Blocks(spec.Name)] = matrix;
                parts.Add(WeightNames.Table(spec.Name));
            }
        }

        return reader.Problems.Count > 0
            ? throw new ModelFormatException(reader.Problems)
            : [.. files.Tensors.Where(tensor => !parts.Contains(tensor.Name)).Select(tensor => matrices.GetValueOrDefault(tensor.Name, tensor))];
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
