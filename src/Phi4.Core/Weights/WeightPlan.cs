// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Which tensor is kept how. docs/quantization.md says why.</summary>
/// <param name="Layers">The matrices of the layers.</param>
/// <param name="Head">The head.</param>
internal sealed record WeightPlan(WeightType Layers, WeightType Head)
{
    public static WeightPlan AsStored { get; } = new(WeightType.AsStored, WeightType.AsStored);

    /// <summary>Nothing is converted.</summary>
    public bool KeepsEverything => this == AsStored;

    public static WeightPlan Of(Phi4LoadOptions options) => Of(options.Weights, options.HeadWeights);

    public static WeightPlan Of(WeightType weights, WeightType? head) => new(weights, head ?? (weights == WeightType.Int4 ? WeightType.Int8 : weights));

    /// <summary>How a tensor is to be kept.</summary>
    /// <param name="spec">The tensor.</param>
    /// <param name="stored">The element type that it has, if it has plain floats.</param>
    public WeightType For(TensorSpec spec, DType? stored)
    {
        if (spec.Shape.Count == 1)
        {
            return WeightType.AsStored;
        }

        if (spec.Name == WeightNames.Head)
        {
            return Head;
        }

        return spec.Name != WeightNames.Embedding ? Layers
            : FloatType(Layers) is { } dtype && stored is { } own && dtype.SizeInBytes() < own.SizeInBytes() ? Layers
            : WeightType.AsStored;
    }

    /// <summary>How a tensor that a source has will be kept: in blocks, or as floats of a type.</summary>
    public (BlockFormat? Blocks, DType Floats) Keep(TensorSpec spec, SourceTensor found)
    {
        WeightType type = For(spec, found.Floats);
        if (Blocks(type) is { } wanted)
        {
            return (found.Blocks is { } own && own.Format == wanted.Format ? own : wanted, default);
        }

        if (FloatType(type) is { } dtype)
        {
            return (null, dtype);
        }

        // Only linear operations take blocks. An embedding in blocks is widened to F16, which is finer than any of them.
        bool mayHaveBlocks = spec.Shape.Count == 2 && spec.Name != WeightNames.Embedding;
        return found.Blocks is { } stored && mayHaveBlocks ? (stored, default) : (null, found.Floats ?? (found.Blocks is null ? DType.F32 : DType.F16));
    }

    /// <summary>The head has weights of its own, though the configuration ties it to the embedding: a quantized copy.</summary>
    public bool SplitsHead(ModelConfig config) =>
        config.TieWordEmbeddings && (Head == WeightType.AsStored ? config.BlockWeights?.Head : Head) is WeightType.Int8 or WeightType.Int4;

    /// <summary>Every tensor that a model in memory has, a split head included.</summary>
    public IEnumerable<TensorSpec> Tensors(ModelConfig config)
    {
        IEnumerable<TensorSpec> stored = CheckpointLayout.Tensors(config);
        return SplitsHead(config) ? stored.Append(new TensorSpec(WeightNames.Head, [config.VocabSize, config.HiddenSize])) : stored;
    }

    /// <summary>The element type behind a float type, else null.</summary>
    public static DType? FloatType(WeightType type) => type switch
    {
        WeightType.F32 => DType.F32,
        WeightType.BF16 => DType.BF16,
        WeightType.F16 => DType.F16,
        _ => null,
    };

    /// <summary>The blocks behind an integer type, else null.</summary>
    public static BlockFormat? Blocks(WeightType type) => type switch
    {
        WeightType.Int8 => new BlockFormat(WeightFormat.Int8),
        WeightType.Int4 => new BlockFormat(WeightFormat.Int4, Table: Int4Table.Values),
        _ => null,
    };
}
