// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;

namespace Phi4.Benchmarks.Measuring;

/// <summary>Benchmarks that know what they do, so that their rates stand beside the machine's. Their setup calls <see cref="MeasureCeilings"/>.</summary>
[Config(typeof(QuickConfig))]
public abstract class MeasuredBenchmarks
{
    /// <summary>What a call of a method does, by the parameters alone: it is asked of an instance that was never set up.</summary>
    internal abstract Work WorkOf(string method);

    /// <summary>One thread, and one a processor.</summary>
    public static IEnumerable<int> ThreadCounts => new[] { 1, Environment.ProcessorCount }.Distinct();

    /// <summary>Threads that compute.</summary>
    internal virtual int Threads => 1;

    /// <summary>Work and threads of a case.</summary>
    internal static (Work Work, int Threads) Of(BenchmarkCase benchmark)
    {
        var instance = (MeasuredBenchmarks)Activator.CreateInstance(benchmark.Descriptor.Type)!;
        foreach (BenchmarkDotNet.Parameters.ParameterInstance parameter in benchmark.Parameters.Items)
        {
            benchmark.Descriptor.Type.GetProperty(parameter.Name)!.SetValue(instance, parameter.Value);
        }

        return (instance.WorkOf(benchmark.Descriptor.WorkloadMethod.Name), instance.Threads);
    }

    /// <summary>Reads the ceilings of every method, just before one of them is timed.</summary>
    private protected void MeasureCeilings()
    {
        IEnumerable<Work> works = GetType().GetMethods().Where(method => method.IsDefined(typeof(BenchmarkAttribute), inherit: true)).Select(method => WorkOf(method.Name));
        foreach (Work work in works.Distinct())
        {
            CeilingTable.Measure(Threads, work);
        }
    }
}
