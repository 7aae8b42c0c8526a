// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// A checkpoint that <c>phi4 quantize</c> wrote: matrices as pairs of tensors, <c>NAME.codes</c> and <c>NAME.scales</c>, which lie in the file as the kernels
/// read them, beside plain floats. docs/quantization.md describes it.
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
            : WeightView.Int4(tensor.Rows, tensor.Columns, codes, scales, 0, blocks.Table);
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
        for (int row = start; row < start + count; row++)
        {
            for (int column = 0; column < tensor.Columns; column++)
            {
                byte code = codes[BlockLayout.CodeOffset(blocks.Format, tensor.Columns, row, column)];
                float value = blocks.Format == WeightFormat.Int8 ? (sbyte)code : blocks.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15];
                destination[((row - start) * tensor.Columns) + column] = value * (float)scales[BlockLayout.ScaleIndex(tensor.Columns, row, column)];
            }
        }
    }

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets)
    {
        WeightFormat format = tensor.Blocks?.Format ?? throw new InvalidOperationException($"{tensor.Name} is {tensor.Signature}: it has no blocks.");
        int tile = start / BlockLayout.TileRows;
        Bytes(WeightNames.Codes(tensor.Name), tile * BlockLayout.CodeBytesPerTile(format, tensor.Columns), codes.Length).CopyTo(codes);
        Span<byte> scaleBytes = MemoryMarshal.AsBytes(scales);
        Bytes(WeightNames.Scales(tensor.Name), tile * BlockLayout.ScaleBytesPerTile(tensor.Columns), scaleBytes.Length).CopyTo(scaleBytes);
    }

    public void Dispose() => _files.Dispose();

    /// <summary>Pairs become matrices; what belongs to no pair stays as it is, for the caller to judge.</summary>
    private static List<SourceTensor> Join(ModelConfig config, BlockWeightsConfig blocks, FloatSource files)
    {
        WeightPlan plan = new(blocks.Layers, blocks.Head);
        Vector128<sbyte> table = default;
        for (int i = 0; i < blocks.Table.Count; i++)
        {
            table = table.WithElement(i, (sbyte)blocks.Table[i]);
        }

        Dictionary<string, SourceTensor> matrices = new(StringComparer.Ordinal);
        HashSet<string> parts = new(StringComparer.Ordinal);
        List<ModelFormatProblem> problems = [];
        foreach (TensorSpec spec in plan.Tensors(config))
        {
            if (WeightPlan.Blocks(plan.For(spec, null)) is not { } format)
            {
                continue;
            }

            if (files.Find(spec.Name) is { } twice)
            {
                problems.Add(new(twice.File, spec.Name, $"codes and scales in {format.Format}", $"a {twice.Signature}"));
            }

            BlockFormat own = format with { Table = format.Format == WeightFormat.Int4 ? table : default };
            long codeBytes = Part(files, problems, WeightNames.Codes(spec.Name), own.Format == WeightFormat.Int8 ? DType.I8 : DType.U8, BlockShapes.Codes(own.Format, spec));
            long scaleBytes = Part(files, problems, WeightNames.Scales(spec.Name), DType.F16, BlockShapes.Scales(spec));
            parts.Add(WeightNames.Scales(spec.Name));
            string file = files.Find(WeightNames.Codes(spec.Name))?.File ?? files.Path;
            matrices[WeightNames.Codes(spec.Name)] = new SourceTensor(spec.Name, spec.Shape, own.Format.ToString(), file, codeBytes + scaleBytes) { Blocks = own, IsMapped = true };
        }

        return problems.Count > 0
            ? throw new ModelFormatException(problems)
            : [.. files.Tensors.Where(tensor => !parts.Contains(tensor.Name)).Select(tensor => matrices.GetValueOrDefault(tensor.Name, tensor))];
    }

    private static long Part(FloatSource files, List<ModelFormatProblem> problems, string name, DType dtype, IReadOnlyList<long> shape)
    {
        string expected = $"{dtype.ToSafetensorsName()} [{string.Join(", ", shape)}]";
        TensorInfo? found = files.Checkpoint.Find(name);
        if (found is null)
        {
            problems.Add(new(files.Path, name, expected, "no such tensor"));
        }
        else if (found.Signature != expected)
        {
            problems.Add(new(found.File, name, expected, found.Signature));
        }
        else if (found.FileOffset % BlockShapes.Alignment(dtype) != 0)
        {
            problems.Add(new(found.File, name, $"data at a multiple of {BlockShapes.Alignment(dtype)} bytes", $"byte {found.FileOffset}"));
        }

        return found?.ByteCount ?? 0;
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

/// <summary>Sizes of the tensors that hold a matrix in blocks.</summary>
internal static class BlockShapes
{
    /// <summary>[tiles, blocks, bytes of a block].</summary>
    public static IReadOnlyList<long> Codes(WeightFormat format, TensorSpec matrix) => [Tiles(matrix), Blocks(matrix), BlockLayout.CodeBytesPerBlock(format)];

    /// <summary>[tiles, blocks, rows of a tile].</summary>
    public static IReadOnlyList<long> Scales(TensorSpec matrix) => [Tiles(matrix), Blocks(matrix), BlockLayout.TileRows];

    /// <summary>Where kernels want a part to begin: a cache line for codes, half of one for scales.</summary>
    public static int Alignment(DType dtype) => dtype == DType.F16 ? 32 : 64;

    private static long Tiles(TensorSpec matrix) => BlockLayout.TileCount(checked((int)matrix.Shape[0]));

    private static long Blocks(TensorSpec matrix) => BlockLayout.BlockCount(checked((int)matrix.Shape[1]));
}
