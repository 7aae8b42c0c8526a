// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// What a model learned: read-only views of its tensors by role, whatever the checkpoint calls them. Owns the mapping or copy behind the views.
/// </summary>
internal sealed class ModelWeights : IDisposable
{
    private readonly IDisposable _owner;

    public ModelWeights(TensorView embedding, IReadOnlyList<LayerWeights> layers, TensorView finalNorm, WeightView head, IDisposable owner)
    {
        Embedding = embedding;
        Layers = layers;
        FinalNorm = finalNorm;
        Head = head;
        _owner = owner;
    }

    /// <summary>[V, H].</summary>
    public TensorView Embedding { get; }

    public IReadOnlyList<LayerWeights> Layers { get; }

    /// <summary>[1, H].</summary>
    public TensorView FinalNorm { get; }

    /// <summary>[V, H]; the embedding itself where the two are tied.</summary>
    public WeightView Head { get; }

    /// <summary>Bytes of everything; a tied head counts once.</summary>
    public long ByteCount => Layers.Sum(layer => layer.ByteCount) + FinalNorm.ByteCount + Head.ByteCount + (HeadIsEmbedding ? 0 : Embedding.ByteCount);

    /// <summary>Bytes that one token needs: one row of the embedding, and all of the rest.</summary>
    public long BytesPerToken => Layers.Sum(layer => layer.ByteCount) + FinalNorm.ByteCount + Head.ByteCount + Embedding.RowRange(0, 1).ByteCount;

    /// <summary>Some matrix is kept in blocks of small integers.</summary>
    public bool HasQuantized => !Head.IsFloat || Layers.Any(layer => !layer.AreFloats);

    private bool HeadIsEmbedding => Head.IsFloat && Head.Values.Address == Embedding.Address;

    /// <summary>Reads layers ahead and lets them go where memory does not hold all of them; null where it does.</summary>
    public WeightStream? Stream { get; init; }

    public void Dispose()
    {
        Stream?.Dispose();
        _owner.Dispose();
    }

    /// <summary>How a matrix is kept.</summary>
    public static WeightType TypeOf(WeightView matrix) => (matrix.Format, matrix.Values.DType) switch
    {
        (WeightFormat.Int8, _) => WeightType.Int8,
        (WeightFormat.Int4, _) => WeightType.Int4,
        (_, DType.BF16) => WeightType.BF16,
        (_, DType.F16) => WeightType.F16,
        _ => WeightType.F32,
    };
}

/// <summary>
/// One decoder layer. Fused checkpoints give row ranges of one tensor, separate ones give tensors of their own.
/// </summary>
internal sealed record LayerWeights
{
    /// <summary>[1, H].</summary>
    public required TensorView InputNorm { get; init; }

    /// <summary>[(Q + 2K)*D, H]: query, key and value rows in one matrix, without biases; none where they are tensors of their own.</summary>
    public WeightView QueryKeyValue { get; init; }

    /// <summary>[Q*D, H].</summary>
    public required WeightView Query { get; init; }

    /// <summary>[K*D, H].</summary>
    public required WeightView Key { get; init; }

    /// <summary>[K*D, H].</summary>
    public required WeightView Value { get; init; }

    /// <summary>[1, Q*D] or none.</summary>
    public TensorView QueryBias { get; init; }

    /// <summary>[1, K*D] or none.</summary>
    public TensorView KeyBias { get; init; }

    /// <summary>[1, K*D] or none.</summary>
    public TensorView ValueBias { get; init; }

    /// <summary>[H, Q*D].</summary>
    public required WeightView Output { get; init; }

    /// <summary>[1, H].</summary>
    public required TensorView PostAttentionNorm { get; init; }

    /// <summary>[F, H].</summary>
    public required WeightView Gate { get; init; }

    /// <summary>[F, H].</summary>
    public required WeightView Up { get; init; }

    /// <summary>[H, F].</summary>
    public required WeightView Down { get; init; }

    /// <summary>All matrices are plain floats.</summary>
    public bool AreFloats => Query.IsFloat && Key.IsFloat && Value.IsFloat && Output.IsFloat && Gate.IsFloat && Up.IsFloat && Down.IsFloat;

    public long ByteCount =>
        InputNorm.ByteCount + Query.ByteCount + Key.ByteCount + Value.ByteCount + QueryBias.ByteCount + KeyBias.ByteCount + ValueBias.ByteCount
        + Output.ByteCount + PostAttentionNorm.ByteCount + Gate.ByteCount + Up.ByteCount + Down.ByteCount;
}
