// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Cli.Bench;

/// <summary>A row a test, plain units, names quoted; what does not apply is empty. Every other engine adds four columns.</summary>
internal sealed class CsvReport(TextWriter writer) : IBenchReport
{
    private static readonly string[] Columns =
    [
        "version", "date", "processor", "model", "weights", "kv", "model_bytes", "parameters", "backend", "threads", "test", "n_prompt", "n_gen", "n_depth",
        "sequences", "repetitions", "avg_ts", "stddev_ts", "median_ts", "bytes_per_token", "read_share", "multiply_add_share", "read_before", "read_after",
        "flops_before", "flops_after", "scaling_before", "scaling_after", "peak_bytes", "load_seconds", "first_token_mean", "first_token_most", "gap_median",
        "gap_p99", "product_share", "product_ceiling", "int8_before", "int8_after", "bf16_before", "bf16_after", "disturbed", "disturbances",
    ];

    private BenchHeader _header = null!;

    public void Begin(BenchHeader header)
    {
        _header = header;
        WriteLine(Columns.Concat(header.Peers.SelectMany(peer =>
            new[] { $"{peer} avg_ts", $"{peer} stddev_ts", $"{peer} median_ratio", $"{peer} peak_bytes" }.Select(Quote))));
    }

    public void Add(BenchRow row)
    {
        BenchTest test = row.Test;
        WriteLine(
        [
            Quote(_header.Machine.Version), Quote(_header.Machine.Date.ToString("s", CultureInfo.InvariantCulture) + "Z"), Quote(_header.Machine.Processor),
            Quote(_header.Model), Quote(_header.Weights), Quote(_header.Cache), Text(_header.Footprint.WeightBytes), Text(_header.Parameters),
            Quote(_header.Device), Text(row.Threads), Quote(test.Name), Text(test.PromptTokens), Text(test.AnswerTokens), Text(test.Depth), Text(test.Sequences),
            Text(row.Samples.Count), Text(row.Mean), Text(row.Deviation), Text(row.Median), Text(row.BytesPerToken), Text(row.ReadShare), Text(row.MultiplyAddShare),
            Text(row.Before.ReadBytesPerSecond), Text(row.After.ReadBytesPerSecond), Text(row.Before.FlopsPerSecond), Text(row.After.FlopsPerSecond),
            Text(row.Before.Scaling), Text(row.After.Scaling), Text(row.PeakBytes), Text(row.LoadTime.TotalSeconds), Text(row.Delays?.FirstTokenMean),
            Text(row.Delays?.FirstTokenMost), Text(row.Delays?.GapMedian), Text(row.Delays?.GapP99),
            Text(row.ProductShare), row.ProductShare is null ? "" : Quote(row.ProductCeiling.Name()), Text(row.Before.Int8OperationsPerSecond),
            Text(row.After.Int8OperationsPerSecond), Text(row.Before.BFloat16FlopsPerSecond), Text(row.After.BFloat16FlopsPerSecond), row.IsDisturbed ? "1" : "0",
            Quote(string.Join("; ", row.Disturbances)), .. row.Peers.SelectMany(Cells),
        ]);
    }

    public void End(bool isComplete)
    {
    }

    private static string[] Cells(PeerSamples peer) => peer.Samples.Count == 0
        ? ["", "", "", ""]
        : [Text(peer.Samples.Average()), Text(SampleStatistics.Deviation(peer.Samples)), Text(SampleStatistics.Median(peer.Ratios)), Text(peer.PeakBytes)];

    private static string Text(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Quote(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private void WriteLine(IEnumerable<string> cells)
    {
        writer.WriteLine(string.Join(',', cells));
        writer.Flush();
    }
}
