// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Finds the parts of matrices in blocks among the tensors of a checkpoint, and everything that is wrong with them.</summary>
/// <param name="files">The tensors.</param>
internal sealed class BlockParts(FloatSource files)
{
    private readonly List<ModelFormatProblem> _problems = [];

    /// <summary>What was found wrong so far.</summary>
    public IReadOnlyList<ModelFormatProblem> Problems => _problems;

    /// <summary>A matrix, of the kind that its blocks' size says; null where there are no parts, so that it has to be among the floats.</summary>
    /// <param name="spec">Its name and shape.</param>
    /// <param name="isRequired">It must have parts.</param>
    public SourceTensor? Join(TensorSpec spec, bool isRequired)
    {
        string name = spec.Name;
        TensorInfo? stored = Find(WeightNames.Blocks(name));
        bool hasTable = Find(WeightNames.Table(name)) is not null;
        if (!isRequired && !hasTable && stored is null)
        {
            return null;
        }

        if (files.Find(name) is { } twice)
        {
            _problems.Add(new(twice.File, name, "either blocks or floats", $"a {twice.Signature} too"));
        }

        BlockLayout layout = (stored?.Shape is [_, _, var size] ? BlockShapes.OfBlockBytes(size) : null) ?? new BlockLayout(WeightFormat.Int4);
        bool needsTable = layout.Format == WeightFormat.Int4;
        if (hasTable && !needsTable)
        {
            _problems.Add(new(stored!.File, name, "no table beside codes of 8 bits", "a table"));
        }

        long byteCount = Check(WeightNames.Blocks(name), DType.U8, BlockShapes.Blocks(layout, spec), BlockLayout.Alignment);
        byteCount += needsTable ? Check(WeightNames.Table(name), DType.I8, [BlockWeightsConfig.TableSize], alignment: 1) : 0;
        var blocks = new BlockFormat(layout.Format, layout.HasOffsets, needsTable && hasTable ? Table(name) : default);
        return new SourceTensor(name, spec.Shape, layout.Format.ToString(), stored?.File ?? files.Path, byteCount) { Blocks = blocks, IsMapped = true };
    }

    private TensorInfo? Find(string part) => files.Checkpoint.Find(part);

    private Vector128<sbyte> Table(string name)
    {
        string part = WeightNames.Table(name);
        ReadOnlySpan<byte> bytes = files.Checkpoint.FileOf(part).Bytes(Find(part)!);
        return bytes.Length == BlockWeightsConfig.TableSize ? Vector128.Create(MemoryMarshal.Cast<byte, sbyte>(bytes)) : default;
    }

    /// <returns>Bytes of the part.</returns>
    private long Check(string part, DType dtype, IReadOnlyList<long> shape, int alignment)
    {
        string expected = $"{dtype.ToSafetensorsName()} [{string.Join(", ", shape)}]";
        TensorInfo? found = Find(part);
        if (found is null)
        {
            _problems.Add(new(files.Path, part, expected, "no such tensor"));
        }
        else if (found.Signature != expected)
        {
            _problems.Add(new(found.File, part, expected, found.Signature));
        }
        else if (found.FileOffset % alignment != 0)
        {
            _problems.Add(new(found.File, part, $"data at a multiple of {alignment} bytes", $"byte {found.FileOffset}"));
        }

        return found?.ByteCount ?? 0;
    }
}
