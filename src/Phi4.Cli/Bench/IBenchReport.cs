// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>Writes a run's results, each row as it comes where the format allows.</summary>
internal interface IBenchReport
{
    void Begin(BenchHeader header);

    void Add(BenchRow row);

    void End();
}
