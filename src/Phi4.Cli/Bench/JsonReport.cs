// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;
using Phi4.Cli.Json;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Bench;

/// <summary>One object with everything that was measured and what it takes to repeat it.</summary>
internal sealed class JsonReport(TextWriter writer) : IBenchReport
{
    private readonly List<BenchRow> _rows = [];
    private BenchHeader? _header;

    public void Begin(BenchHeader header) => _header = header;

    public void Add(BenchRow row) => _rows.Add(row);

    public void End(bool isComplete)
    {
        if (_header is not { } header)
        {
            return;
        }

        using var line = new JsonLine();
        writer.WriteLine(line.Object(json =>
        {
            json.WriteString("command", header.Command);
            json.WriteString("version", header.Machine.Version);
            json.WriteString("date", header.Machine.Date.ToString("s", CultureInfo.InvariantCulture) + "Z");
            WriteMachine(json, header.Machine);
            WriteModel(json, header);
            json.WriteBoolean("files_in_memory", header.FilesInMemory);
            json.WriteNumber("repetitions", header.Repetitions);
            json.WriteBoolean("complete", isComplete);
            json.WriteBoolean("disturbed", _rows.Any(row => row.IsDisturbed));
            json.WriteStartArray("results");
            _rows.ForEach(row => WriteRow(json, row));
            json.WriteEndArray();
        }));
        writer.Flush();
    }

    private static void WriteMachine(Utf8JsonWriter json, MachineFacts machine)
    {
        json.WriteStartObject("machine");
        json.WriteString("processor", machine.Processor);
        json.WriteNumber("processors", machine.ProcessorCount);
        json.WriteNumber("memory_bytes", machine.MemoryBytes);
        json.WriteNumber("vector_bits", machine.VectorBits);
        json.WriteString("system", machine.System);
        json.WriteString("runtime", machine.Runtime);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, BenchHeader header)
    {
        json.WriteStartObject("model");
        json.WriteString("name", header.Model);
        json.WriteNumber("parameters", header.Parameters);
        json.WriteString("device", header.Device);
        json.WriteString("weights", header.Weights);
        json.WriteString("kv", header.Cache);
        json.WriteNumber("bits_per_weight", Math.Round(header.BitsPerWeight, 3));
        json.WriteNumber("weight_bytes", header.Footprint.WeightBytes);
        json.WriteNumber("weight_bytes_per_token", header.Footprint.WeightBytesPerToken);
        json.WriteNumber("cache_bytes_per_token", header.Footprint.CacheBytesPerToken);
        json.WriteEndObject();
    }

    private static void WriteRow(Utf8JsonWriter json, BenchRow row)
    {
        json.WriteStartObject();
        json.WriteString("test", row.Test.Name);
        json.WriteNumber("threads", row.Threads);
        json.WriteNumber("prompt_tokens", row.Test.PromptTokens);
        json.WriteNumber("answer_tokens", row.Test.AnswerTokens);
        json.WriteNumber("depth", row.Test.Depth);
        json.WriteNumber("sequences", row.Test.Sequences);
        json.WriteNumber("mean", row.Mean);
        json.WriteNumber("deviation", row.Deviation);
        json.WriteNumber("median", row.Median);
        WriteNumbers(json, "samples", row.Samples);
        WriteOptional(json, "bytes_per_token", row.BytesPerToken);
        WriteOptional(json, "read_share", row.ReadShare);
        WriteOptional(json, "multiply_add_share", row.MultiplyAddShare);
        WriteOptional(json, "product_share", row.ProductShare);
        json.WriteString("product_ceiling", row.ProductCeiling.Name());
        WriteOptional(json, "peak_bytes", row.PeakBytes);
        json.WriteNumber("load_seconds", row.LoadTime.TotalSeconds);
        WriteCeilings(json, "before", row.Before);
        WriteCeilings(json, "after", row.After);
        if (row.Delays is { } delays)
        {
            json.WriteStartObject("delays");
            json.WriteNumber("first_token_mean", delays.FirstTokenMean);
            json.WriteNumber("first_token_most", delays.FirstTokenMost);
            json.WriteNumber("gap_median", delays.GapMedian);
            json.WriteNumber("gap_p99", delays.GapP99);
            json.WriteEndObject();
        }

        json.WriteStartArray("peers");
        foreach (PeerSamples peer in row.Peers)
        {
            WritePeer(json, peer);
        }

        json.WriteEndArray();
        json.WriteStartArray("disturbances");
        foreach (string reason in row.Disturbances)
        {
            json.WriteStringValue(reason);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePeer(Utf8JsonWriter json, PeerSamples peer)
    {
        json.WriteStartObject();
        json.WriteString("name", peer.Name);
        WriteNumbers(json, "samples", peer.Samples);
        WriteNumbers(json, "ratios", peer.Ratios);
        WriteOptional(json, "median_ratio", peer.Ratios.Count > 0 ? SampleStatistics.Median(peer.Ratios) : null);
        WriteOptional(json, "peak_bytes", peer.PeakBytes);
        json.WriteEndObject();
    }

    private static void WriteCeilings(Utf8JsonWriter json, string name, MachineCeilings ceilings)
    {
        json.WriteStartObject(name);
        json.WriteNumber("read_bytes_per_second", ceilings.ReadBytesPerSecond);
        json.WriteNumber("flops_per_second", ceilings.FlopsPerSecond);
        WriteOptional(json, "int8_operations_per_second", ceilings.Int8OperationsPerSecond);
        WriteOptional(json, "bf16_flops_per_second", ceilings.BFloat16FlopsPerSecond);
        json.WriteNumber("scaling_threads", ceilings.ScalingThreads);
        json.WriteNumber("scaling", ceilings.Scaling);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
