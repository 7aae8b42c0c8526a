// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Bench;

/// <summary>
/// Whether the machine was quiet enough for a measurement to count: judged by its ceilings, measured just before and just after, and by how far the
/// repetitions lie apart, which tells of what came and went in between.
/// </summary>
internal static class Disturbance
{
    /// <summary>Most by which the lower of two readings of a ceiling may fall short of the higher.</summary>
    public const double MostDrift = 0.15;

    /// <summary>Most by which the slowest repetition may fall short of the fastest.</summary>
    public const double MostSpread = 0.25;

    /// <summary>Least multiply-adds of several threads against one, as a part of their number: 1.85 for two.</summary>
    public const double LeastScaling = 0.925;

    /// <summary>Why the measurement between these two readings is not to be trusted; empty if it is.</summary>
    /// <param name="before">The ceilings just before.</param>
    /// <param name="after">The ceilings just after.</param>
    /// <param name="samples">Tokens a second of each repetition, at least one.</param>
    public static IReadOnlyList<string> Reasons(MachineCeilings before, MachineCeilings after, IReadOnlyCollection<double> samples)
    {
        List<string> reasons = [];
        if (Drift(before.ReadBytesPerSecond, after.ReadBytesPerSecond) > MostDrift)
        {
            reasons.Add(FormattableString.Invariant(
                $"reads went from {before.ReadBytesPerSecond / 1e9:F1} to {after.ReadBytesPerSecond / 1e9:F1} GB/s"));
        }

        if (Drift(before.FlopsPerSecond, after.FlopsPerSecond) > MostDrift)
        {
            reasons.Add(FormattableString.Invariant(
                $"multiply-adds went from {before.FlopsPerSecond / 1e9:F0} to {after.FlopsPerSecond / 1e9:F0} GFLOP/s"));
        }

        MachineCeilings worse = before.Scaling < after.Scaling ? before : after;
        if (worse.ScalingThreads > 1 && worse.Scaling < LeastScaling * worse.ScalingThreads)
        {
            reasons.Add(FormattableString.Invariant(
                $"{worse.ScalingThreads} threads multiply {worse.Scaling:F2}x as fast as one, not {LeastScaling * worse.ScalingThreads:F2}x"));
        }

        if (Drift(samples.Min(), samples.Max()) > MostSpread)
        {
            reasons.Add(FormattableString.Invariant($"repetitions range from {samples.Min():F2} to {samples.Max():F2} t/s"));
        }

        return reasons;
    }

    private static double Drift(double a, double b) => 1 - (Math.Min(a, b) / Math.Max(a, b));
}
