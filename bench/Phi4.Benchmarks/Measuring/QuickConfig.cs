// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Phi4.Benchmarks.Measuring;

/// <summary>In this process, where the ceilings are measured too; a second or two a case. Rates beside times.</summary>
public sealed class QuickConfig : ManualConfig
{
    private const int Milliseconds = 100;

    /// <summary>What <see cref="MeasuredBenchmarks"/> run with.</summary>
    public QuickConfig()
    {
        AddJob(Job.Default.WithId("Quick").WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(7).WithUnrollFactor(1)
            .WithIterationTime(TimeInterval.FromMilliseconds(Milliseconds)));
        AddColumn(new RateColumn(), new OperationsColumn(), new ShareColumn());
        HideColumns("Job", "Error", "StdDev", "Median", "RatioSD");
        WithOptions(ConfigOptions.DisableOptimizationsValidator);
    }
}
