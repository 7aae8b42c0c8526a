// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Bench;

/// <summary>What came of one test.</summary>
internal sealed record BenchRow
{
    public required BenchTest Test { get; init; }

    public required int Threads { get; init; }

    /// <summary>Tokens a second, one entry a repetition.</summary>
    public required IReadOnlyList<double> Samples { get; init; }

    /// <summary>Bytes that a token reads: all weights, and the keys and values of the mean past. Null where tokens share their reading.</summary>
    public long? BytesPerToken { get; init; }

    /// <summary>Operations of the matrix products of a prompt, a token; null for other tests.</summary>
    public double? FlopsPerToken { get; init; }

    /// <summary>What bounds those products.</summary>
    public ProductCeiling ProductCeiling { get; init; }

    public required MachineCeilings Before { get; init; }

    public required MachineCeilings After { get; init; }

    /// <summary>Most memory held during the test; null if the system does not tell.</summary>
    public long? PeakBytes { get; init; }

    public required TimeSpan LoadTime { get; init; }

    /// <summary>Delays, for several requests at once.</summary>
    public ServeDelays? Delays { get; init; }

    /// <summary>The other engines, in the order in which they were named.</summary>
    public IReadOnlyList<PeerSamples> Peers { get; init; } = [];

    public double Mean => Samples.Average();

    public double Deviation => SampleStatistics.Deviation(Samples);

    public double Median => SampleStatistics.Median(Samples);

    /// <summary>Part of what could have been read at the mean of the two ceilings; null if tokens share their reading.</summary>
    public double? ReadShare => BytesPerToken * Mean / ((Before.ReadBytesPerSecond + After.ReadBytesPerSecond) / 2);

    /// <summary>Part of the F32 multiply-adds that could have been done. Kernels that multiply integers may pass 1.</summary>
    public double? MultiplyAddShare => FlopsPerToken * Mean / ((Before.FlopsPerSecond + After.FlopsPerSecond) / 2);

    /// <summary>Part of what could have been multiplied at the mean of the two readings of <see cref="ProductCeiling"/>; null for other tests.</summary>
    public double? ProductShare => FlopsPerToken * Mean / ((ProductCeiling.Rate(Before) + ProductCeiling.Rate(After)) / 2);

    /// <summary>Why the row does not count; empty if it does.</summary>
    public IReadOnlyList<string> Disturbances => Disturbance.Reasons(Before, After, Samples);

    public bool IsDisturbed => Disturbances.Count > 0;
}

/// <summary>How long requests that run together wait, over all repetitions.</summary>
/// <param name="FirstTokenMean">Seconds to the first token, mean of the requests.</param>
/// <param name="FirstTokenMost">Seconds to the last request's first token.</param>
/// <param name="GapMedian">Seconds between two tokens of a request.</param>
/// <param name="GapP99">Seconds that one gap of a hundred passes.</param>
internal sealed record ServeDelays(double FirstTokenMean, double FirstTokenMost, double GapMedian, double GapP99);
