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

    /// <summary>A matrix, of the type that its codes say; null where there are no parts, so that it has to be among the floats.</summary>
    /// <param name="spec">Its name and shape.</param>
    /// <param name="isRequired">It must have parts.</param>
    public SourceTensor? Join(TensorSpec spec, bool isRequired)
    {
        string name = spec.Name;
        TensorInfo? codes = Find(WeightNames.Codes(name));
        bool hasOffsets = Find(WeightNames.Offsets(name)) is not null;
        bool hasTable = Find(WeightNames.Table(name)) is not null;
        if (!isRequired && !hasOffsets && !hasTable && codes is null && Find(WeightNames.Scales(name)) is null)
        {
            return null;
        }

        if (files.Find(name) is { } twice)
        {
            _problems.Add(new(twice.File, name, "either codes and scales or floats", $"a {twice.Signature} too"));
        }

        WeightFormat format = codes?.DType == DType.I8 ? WeightFormat.Int8 : WeightFormat.Int4;
        if (format == WeightFormat.Int8 && (hasOffsets || hasTable))
        {
            _problems.Add(new(codes!.File, name, "no offsets and no table beside codes of 8 bits", hasOffsets ? "offsets" : "a table"));
        }

        long byteCount = Check(WeightNames.Codes(name), BlockShapes.CodeType(format), BlockShapes.Codes(format, spec));
        byteCount += Check(WeightNames.Scales(name), DType.F16, BlockShapes.Scales(spec));
        byteCount += hasOffsets ? Check(WeightNames.Offsets(name), DType.F16, BlockShapes.Scales(spec)) : 0;
        bool needsTable = format == WeightFormat.Int4;
        byteCount += needsTable ? Check(WeightNames.Table(name), DType.I8, [BlockWeightsConfig.TableSize], alignment: 1) : 0;
        var blocks = new BlockFormat(format, hasOffsets, needsTable && hasTable ? Table(name) : default);
        return new SourceTensor(name, spec.Shape, format.ToString(), codes?.File ?? files.Path, byteCount) { Blocks = blocks, IsMapped = true };
    }

    private TensorInfo? Find(string part) => files.Checkpoint.Find(part);

    private Vector128<sbyte> Table(string name)
    {
        string part = WeightNames.Table(name);
        ReadOnlySpan<byte> bytes = files.Checkpoint.FileOf(part).Bytes(Find(part)!);
        return bytes.Length == BlockWeightsConfig.TableSize ? Vector128.Create(MemoryMarshal.Cast<byte, sbyte>(bytes)) : default;
    }

    /// <returns>Bytes of the part.</returns>
    private long Check(string part, DType dtype, IReadOnlyList<long> shape, int? alignment = null)
    {
        string expected = $"{dtype.ToSafetensorsName()} [{string.Join(", ", shape)}]";
        int multiple = alignment ?? BlockShapes.Alignment(dtype);
        TensorInfo? found = Find(part);
        if (found is null)
        {
            _problems.Add(new(files.Path, part, expected, "no such tensor"));
        }
        else if (found.Signature != expected)
        {
            _problems.Add(new(found.File, part, expected, found.Signature));
        }
        else if (found.FileOffset % multiple != 0)
        {
            _problems.Add(new(found.File, part, $"data at a multiple of {multiple} bytes", $"byte {found.FileOffset}"));
        }

        return found?.ByteCount ?? 0;
    }
}
