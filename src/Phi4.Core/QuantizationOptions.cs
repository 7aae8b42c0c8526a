// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>How a checkpoint is quantized. Immutable.</summary>
public sealed record QuantizationOptions
{
    /// <summary>
    /// What the matrices of the layers become: <see cref="WeightType.Int8"/> or <see cref="WeightType.Int4"/>; <see cref="WeightType.AsStored"/> only puts a checkpoint
    /// that is quantized already, in another program's format, into the layout that this library maps.
    /// </summary>
    public WeightType Weights { get; init; } = WeightType.Int4;

    /// <summary>What the head becomes; null for the same as <see cref="Weights"/>, but <see cref="WeightType.Int8"/> beside 4-bit layers.</summary>
    public WeightType? HeadWeights { get; init; }

    /// <summary>How scales are chosen.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Search;

    /// <summary>Threads that compute; null for one a processor that this process may use. The result is the same bits for any number.</summary>
    public int? ThreadCount { get; init; }

    /// <summary>Bytes at which a file of weights is full and another begins; a single tensor may be larger.</summary>
    public long ShardBytes { get; init; } = 5_000_000_000;
}
