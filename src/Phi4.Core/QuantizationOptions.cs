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

    /// <summary>
    /// A text that the model reads first, so that errors go where its inputs are small: scales are chosen by what an error in each input costs, and each column's error
    /// is taken out again through the columns beside it whose inputs go together with its own. What was learned of each input alone is left in the new folder as
    /// <c>importance.safetensors</c>. Null for none; not together with <see cref="ImportanceFile"/>.
    /// </summary>
    public string? CalibrationText { get; init; }

    /// <summary>Tokens of <see cref="CalibrationText"/> that are read, from its beginning.</summary>
    public int CalibrationTokens { get; init; } = 32768;

    /// <summary>The <c>importance.safetensors</c> of an earlier calibration, by which scales are chosen; null for none.</summary>
    public string? ImportanceFile { get; init; }

    /// <summary>Threads that compute; null for one a processor that this process may use. The result is the same bits for any number.</summary>
    public int? ThreadCount { get; init; }

    /// <summary>Bytes at which a file of weights is full and another begins; a single tensor may be larger.</summary>
    public long ShardBytes { get; init; } = 5_000_000_000;
}
