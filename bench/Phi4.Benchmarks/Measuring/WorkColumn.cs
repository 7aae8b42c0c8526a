// SPDX-License-Identifier: MIT
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Phi4.Benchmarks.Measuring;

/// <summary>A column made of a case's work and its mean time.</summary>
internal abstract class WorkColumn(string name, string legend) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
        {
            return "-";
        }

        (Work work, int threads) = MeasuredBenchmarks.Of(benchmarkCase);
        return Text(work, threads, statistics.Mean / 1e9);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    protected abstract string Text(Work work, int threads, double seconds);

    private protected static string Round(double value) => value.ToString(value < 10 ? "F2" : "F1", CultureInfo.InvariantCulture);
}

/// <summary>Bytes read.</summary>
internal sealed class RateColumn() : WorkColumn("GB/s", "Bytes that a call reads, a second")
{
    protected override string Text(Work work, int threads, double seconds) => Round(work.Bytes / seconds / 1e9);
}

/// <summary>Products.</summary>
internal sealed class OperationsColumn() : WorkColumn("Gop/s", "Multiplies and adds of a call's products, a second")
{
    protected override string Text(Work work, int threads, double seconds) => work.Operations == 0 ? "" : Round(work.Operations / seconds / 1e9);
}

/// <summary>The longer of what reading alone and multiplying alone would take, by the time taken.</summary>
internal sealed class ShareColumn() : WorkColumn("Of ceiling", "Reading or multiplying alone, whichever takes longer at the best rate that this process measured, by the time taken")
{
    protected override string Text(Work work, int threads, double seconds)
    {
        (double reading, double multiplying) = CeilingTable.Seconds(threads, work);
        string limit = reading >= multiplying ? "reads" : work.Products switch
        {
            Product.Int8 => "int8 dots",
            Product.BFloat16 => "bf16 dots",
            _ => "FMA",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(reading, multiplying) / seconds:P0} of {limit}");
    }
}
