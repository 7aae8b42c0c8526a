// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Diagnostics;

/// <summary>How a model and a context go into memory.</summary>
public enum MemoryVerdict
{
    /// <summary>Weights, KV cache and scratch all fit.</summary>
    Fits,

    /// <summary>KV cache and scratch fit, the weights beside them do not: they stay mapped and are read from disk again and again. Slow, but it runs.</summary>
    WeightsFromDisk,

    /// <summary>KV cache and scratch alone do not fit.</summary>
    DoesNotFit,
}

/// <summary>
/// What a model will take before anything is allocated: mapped weights, which the system may drop and read again, and KV cache, scratch and weights that are
/// converted while loading, which must fit.
/// </summary>
public sealed record MemoryPlan
{
    // Enough for answers of some length while most of memory stays free for the weights' pages.
    private const int DiskBoundContext = 4096;

    private MemoryPlan()
    {
    }

    /// <summary>Bytes of the mapped weights, scales counted.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of weights that are converted or quantized while loading, scales counted: memory that must be had.</summary>
    public long ConvertedWeightBytes { get; init; }

    /// <summary>Element type of the KV cache.</summary>
    public required DType KvType { get; init; }

    /// <summary>Bytes that one cached token takes over all layers.</summary>
    public required long KvBytesPerToken { get; init; }

    /// <summary>Tokens that the KV cache is to hold.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Longest sequence the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Bytes of activations and other buffers.</summary>
    public required long ScratchBytes { get; init; }

    /// <summary>Bytes of memory that are free.</summary>
    public required long AvailableBytes { get; init; }

    /// <summary>Bytes of the KV cache.</summary>
    public long KvBytes => checked(KvBytesPerToken * ContextTokens);

    /// <summary>Bytes left to the rest of the process: a sixteenth of what is free, at most 512 MiB.</summary>
    public long ReserveBytes => Math.Min(AvailableBytes / 16, 512L << 20);

    /// <summary>Bytes that must be had: KV cache, scratch, converted weights and reserve.</summary>
    public long RequiredBytes => KvBytes + ScratchBytes + ConvertedWeightBytes + ReserveBytes;

    /// <summary>Whether and how it goes.</summary>
    public MemoryVerdict Verdict =>
        RequiredBytes > AvailableBytes ? MemoryVerdict.DoesNotFit
        : RequiredBytes + WeightBytes > AvailableBytes ? MemoryVerdict.WeightsFromDisk
        : MemoryVerdict.Fits;

    /// <summary>Most tokens whose KV cache fits, up to <see cref="MaxPositions"/>, whatever becomes of the weights; 0 if none.</summary>
    public int LargestContext => Largest(AvailableBytes - ReserveBytes - ScratchBytes - ConvertedWeightBytes);

    /// <summary>Most tokens whose KV cache fits while all weights stay in memory; 0 if the weights alone do not.</summary>
    public int LargestContextBesideWeights => Largest(AvailableBytes - ReserveBytes - ScratchBytes - ConvertedWeightBytes - WeightBytes);

    /// <summary>One sentence for people.</summary>
    public string Explanation => Verdict switch
    {
        MemoryVerdict.Fits => "Everything fits in memory.",
        MemoryVerdict.WeightsFromDisk =>
            $"The weights ({WeightBytes:N0} bytes) do not fit beside the KV cache: part of them is read from disk for every step, which is slow. " +
            (LargestContextBesideWeights > 0
                ? $"With a context of {LargestContextBesideWeights:N0} tokens everything would fit."
                : "No context makes them fit; smaller weights may: --weights int4 or int8, or a checkpoint made by phi4 quantize."),
        _ => $"{(ConvertedWeightBytes > 0 ? "Weights, KV cache" : "KV cache")} and scratch take {RequiredBytes:N0} bytes of {AvailableBytes:N0}: " +
            (LargestContext > 0 ? $"the largest context that fits is {LargestContext:N0} tokens." : "no context fits."),
    };

    /// <summary>Plans for a context of a given length, or for the one that memory allows.</summary>
    /// <param name="config">The model.</param>
    /// <param name="weightBytes">Bytes of its mapped weights.</param>
    /// <param name="kvType">Element type of the KV cache: F32, BF16 or I8.</param>
    /// <param name="contextTokens">
    /// Tokens to hold; null for the default: all that the model was made for, or what fits beside the weights; if the weights do not fit at all,
    /// 4096 or what a quarter of memory holds.
    /// </param>
    /// <param name="scratchBytes">Bytes of activations and other buffers.</param>
    /// <param name="availableBytes">Free memory, as <see cref="SystemMemory.AvailableBytes"/> tells it.</param>
    /// <param name="convertedWeightBytes">Bytes of its weights that are converted while loading.</param>
    public static MemoryPlan Create(
        ModelConfig config, long weightBytes, DType kvType, int? contextTokens, long scratchBytes, long availableBytes, long convertedWeightBytes = 0)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfNegative(weightBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(scratchBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(availableBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(convertedWeightBytes);
        if (contextTokens is { } asked)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(asked, nameof(contextTokens));
        }

        if (kvType is not (DType.F32 or DType.BF16 or DType.I8))
        {
            throw new ArgumentOutOfRangeException(nameof(kvType), kvType, "The KV cache holds F32, BF16 or I8.");
        }

        MemoryPlan plan = new()
        {
            WeightBytes = weightBytes,
            KvType = kvType,
            KvBytesPerToken = config.KvBytesPerToken(kvType),
            ContextTokens = contextTokens ?? 1,
            MaxPositions = config.MaxPositions,
            ScratchBytes = scratchBytes,
            AvailableBytes = availableBytes,
            ConvertedWeightBytes = convertedWeightBytes,
        };
        return contextTokens is null ? plan with { ContextTokens = plan.DefaultContext() } : plan;
    }

    /// <summary>Goes on only if KV cache and scratch fit.</summary>
    /// <exception cref="InsufficientModelMemoryException">They do not.</exception>
    public void EnsureFits()
    {
        if (Verdict == MemoryVerdict.DoesNotFit)
        {
            throw new InsufficientModelMemoryException(RequiredBytes, AvailableBytes, ContextTokens, LargestContext);
        }
    }

    private int DefaultContext()
    {
        int beside = LargestContextBesideWeights;
        if (beside >= Math.Min(DiskBoundContext, MaxPositions))
        {
            return beside;
        }

        int quarter = Math.Min(LargestContext, Largest(AvailableBytes / 4));
        return Math.Max(1, Math.Max(beside, Math.Min(DiskBoundContext, quarter)));
    }

    private int Largest(long bytes) => (int)Math.Clamp(bytes / KvBytesPerToken, 0, MaxPositions);
}
