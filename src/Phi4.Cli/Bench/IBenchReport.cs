// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>Writes a run's results, each row as it comes where the format allows.</summary>
internal interface IBenchReport
{
    void Begin(BenchHeader header);

    void Add(BenchRow row);

    /// <param name="isComplete">False if the run ended early, by an error or by whoever watched.</param>
    void End(bool isComplete);
}
