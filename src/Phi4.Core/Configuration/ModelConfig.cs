// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Configuration;

/// <summary>
/// What a model is: sizes and constants of a dense decoder-only transformer, read from <c>config.json</c>. Immutable.
/// One forward pass serves the whole family (Phi3, Llama and Qwen2 class names) from these values.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The file's architecture name, e.g. <c>Phi3ForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>How the checkpoint spells its projections.</summary>
    public required ProjectionLayout Layout { get; init; }

    /// <summary>H: width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of decoder layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Q: query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>K: key and value heads; divides <see cref="HeadCount"/>.</summary>
    public required int KvHeadCount { get; init; }

    /// <summary>D: width of one head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>F: width inside the MLP.</summary>
    public required int MlpSize { get; init; }

    /// <summary>V: rows of the embedding and of the head.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Added to the mean square in every RMSNorm.</summary>
    public required float RmsNormEpsilon { get; init; }

    /// <summary>Rotary position embedding.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary>Longest sequence the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Positions a token sees, itself included; null for all (also when the file's window is 0 or at least <see cref="MaxPositions"/>).</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>The head shares the embedding's weights.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>q, k and v projections carry biases (Qwen2).</summary>
    public bool QkvBias { get; init; }

    /// <summary>Element type the checkpoint declares.</summary>
    public required DType DType { get; init; }

    /// <summary>The matrices lie in blocks of small integers; null where they are floats.</summary>
    public BlockWeightsConfig? BlockWeights { get; init; }

    /// <summary>The matrices are quantized in a layout of the hub; null where they are not.</summary>
    public PackedWeightsConfig? PackedWeights { get; init; }

    /// <summary>First token of a document, or null.</summary>
    public int? BeginTokenId { get; init; }

    /// <summary>Tokens that end generation, as config.json has them.</summary>
    public IReadOnlyList<int> EndTokenIds { get; init; } = [];

    /// <summary>Parameters of the model; a tied head counts once.</summary>
    public long ParameterCount
    {
        get
        {
            long hidden = HiddenSize;
            long qkv = HeadSize * (HeadCount + 2L * KvHeadCount);
            long layer = qkv * hidden + (QkvBias ? qkv : 0) + (long)HeadCount * HeadSize * hidden + 3L * MlpSize * hidden + 2 * hidden;
            return layer * LayerCount + hidden + VocabSize * hidden * (TieWordEmbeddings ? 1 : 2);
        }
    }

    /// <summary>Bytes of keys and values that one cached token takes over all layers: heads padded to 16 values; of <see cref="DType.I8"/> an F32 scale for each.</summary>
    public long KvBytesPerToken(DType cacheType)
        => 2L * LayerCount * KvHeadCount * ((((HeadSize + 15) & ~15) * cacheType.SizeInBytes()) + (cacheType == DType.I8 ? sizeof(float) : 0));
}

/// <summary>How a checkpoint spells its projection tensors.</summary>
public enum ProjectionLayout
{
    /// <summary><c>qkv_proj</c> (rows Q, K, V) and <c>gate_up_proj</c> (rows gate, up): Phi3.</summary>
    Fused,

    /// <summary><c>q_proj k_proj v_proj gate_proj up_proj</c>: Llama, Qwen2.</summary>
    Separate,
}
