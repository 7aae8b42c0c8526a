// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Bench;

/// <summary>A test that is ready to be timed, any number of times.</summary>
internal interface IPreparedTest : IDisposable
{
    /// <summary>One repetition, in tokens a second.</summary>
    Task<double> SampleAsync(CancellationToken cancellationToken);
}
