// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>What holds for every row of a run.</summary>
/// <param name="Command">The command line.</param>
/// <param name="Machine">Where, when and by which version.</param>
/// <param name="Model">The model's folder, its last part.</param>
/// <param name="Parameters">Parameters of the model.</param>
/// <param name="Footprint">Bytes that it holds and reads.</param>
/// <param name="Device">Where the arithmetic runs.</param>
/// <param name="Weights">How the weights are kept.</param>
/// <param name="Cache">How keys and values are kept.</param>
/// <param name="Repetitions">Repetitions of each test.</param>
/// <param name="Peers">Other engines that run beside.</param>
internal sealed record BenchHeader(
    string Command, MachineFacts Machine, string Model, long Parameters, ModelFootprint Footprint, string Device, string Weights, string Cache,
    int Repetitions, IReadOnlyList<string> Peers)
{
    /// <summary>Whether all weight files, the others' too, were read into the system's cache before anything was loaded.</summary>
    public bool FilesInMemory { get; init; }

    /// <summary>Bits that a parameter takes, scales included.</summary>
    public double BitsPerWeight => Footprint.WeightBytes * 8.0 / Parameters;
}
