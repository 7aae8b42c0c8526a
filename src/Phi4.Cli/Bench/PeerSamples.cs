// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>What another engine made of the same test, turn and turn about with ours.</summary>
/// <param name="Name">What the columns call it.</param>
/// <param name="Samples">Its tokens a second, one entry a round; empty if it has no such test.</param>
/// <param name="Ratios">Ours by its, one entry a round.</param>
/// <param name="PeakBytes">Most memory that it held; null if unknown.</param>
internal sealed record PeerSamples(string Name, IReadOnlyList<double> Samples, IReadOnlyList<double> Ratios, long? PeakBytes);
