// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>A tensor of a file that is to be written: a tensor of the model, or the blocks or the table of one.</summary>
internal sealed record StoredPart(string Name, DType DType, IReadOnlyList<long> Shape)
{
    public long ByteCount => Shape.Aggregate((long)DType.SizeInBytes(), (product, size) => checked(product * size));

    /// <summary>The largest power of two, at most <see cref="BlockShapes.FileAlignment"/>, that divides its size: what it leaves of alignment to the part after it.</summary>
    public long Granularity => Math.Min(BlockShapes.FileAlignment, ByteCount & -ByteCount);

    /// <summary>The parts of a tensor.</summary>
    public static IReadOnlyList<StoredPart> Of(KeptTensor tensor)
    {
        TensorSpec spec = tensor.Spec;
        if (tensor.Blocks is not { } blocks)
        {
            return [new(spec.Name, tensor.Floats, spec.Shape)];
        }

        List<StoredPart> parts =
        [
            new(WeightNames.Blocks(spec.Name), DType.U8, BlockShapes.Blocks(blocks.Layout, spec)),
        ];
        if (blocks.Format == WeightFormat.Int4)
        {
            parts.Add(new(WeightNames.Table(spec.Name), DType.I8, [BlockWeightsConfig.TableSize]));
        }

        return parts;
    }
}
