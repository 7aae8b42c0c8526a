// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Cli.Bench;

/// <summary>llama-bench's table, and beside its columns what the machine could have done.</summary>
internal sealed class MarkdownReport(TextWriter writer) : IBenchReport
{
    private BenchHeader _header = null!;
    private int _disturbed;

    public void Begin(BenchHeader header)
    {
        _header = header;
        string[] peers = [.. header.Peers.SelectMany(peer => new[] { peer, $"ours / {peer}" })];
        string[] headings =
        [
            "model", "size", "params", "backend", "threads", "test", "t/s", "of ceiling", "bytes/token", "read ceiling", "peak memory", "load", "state", .. peers,
        ];
        WriteLine(headings);
        WriteLine([.. headings.Select((_, i) => i is 0 or 3 or 5 or 12 ? "---" : "---:")]);
    }

    public void Add(BenchRow row)
    {
        _disturbed += row.IsDisturbed ? 1 : 0;
        string state = row.IsDisturbed ? "disturbed: " + string.Join("; ", row.Disturbances) : "good";
        if (row.Delays is { } delays)
        {
            state += FormattableString.Invariant(
                $"; first token {delays.FirstTokenMean:F2} s (last {delays.FirstTokenMost:F2}), gap {delays.GapMedian * 1000:F0} ms (p99 {delays.GapP99 * 1000:F0})");
        }

        WriteLine(
        [
            $"{_header.Model} {_header.Weights}, kv {_header.Cache}",
            FormattableString.Invariant($"{_header.Footprint.WeightBytes / (double)(1 << 30):F2} GiB"),
            FormattableString.Invariant($"{_header.Parameters / 1e9:F2} B"),
            _header.Device,
            row.Threads.ToString(CultureInfo.InvariantCulture),
            row.Test.Name,
            FormattableString.Invariant($"{row.Mean:F2} ± {row.Deviation:F2}"),
            Ceiling(row),
            row.BytesPerToken is { } bytes ? FormattableString.Invariant($"{bytes / 1e6:F1} MB") : "",
            FormattableString.Invariant($"{(row.Before.ReadBytesPerSecond + row.After.ReadBytesPerSecond) / 2e9:F1} GB/s"),
            row.PeakBytes is { } peak ? FormattableString.Invariant($"{peak / (double)(1 << 20):F0} MiB") : "",
            FormattableString.Invariant($"{row.LoadTime.TotalSeconds:F2} s"),
            state,
            .. row.Peers.SelectMany(Cells),
        ]);
    }

    public void End(bool isComplete)
    {
        if (_disturbed > 0)
        {
            writer.WriteLine();
            writer.WriteLine(FormattableString.Invariant($"{_disturbed} disturbed: the machine was not quiet, these figures do not count."));
            writer.Flush();
        }
    }

    private static string Ceiling(BenchRow row) =>
        row.ReadShare is { } read ? FormattableString.Invariant($"{read * 100:F0} % of reads")
        : row.ProductShare is { } products ? FormattableString.Invariant($"{products * 100:F0} % of {row.ProductCeiling.Name()}")
        : "";

    private static string[] Cells(PeerSamples peer) => peer.Samples.Count == 0
        ? ["", ""]
        :
        [
            FormattableString.Invariant($"{peer.Samples.Average():F2} ± {SampleStatistics.Deviation(peer.Samples):F2}"),
            FormattableString.Invariant($"{SampleStatistics.Median(peer.Ratios):F2} ({peer.Ratios.Min():F2} to {peer.Ratios.Max():F2})"),
        ];

    private void WriteLine(IEnumerable<string> cells)
    {
        writer.WriteLine($"| {string.Join(" | ", cells)} |");
        writer.Flush();
    }
}
