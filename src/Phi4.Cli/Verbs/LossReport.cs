// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;
using Phi4.Cli.Json;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Verbs;

/// <summary>What <c>phi4 quantize</c> says of its work, for people and for programs.</summary>
internal sealed class LossReport(QuantizationReport report, bool listsTensors, bool isCalibrated)
{
    public void WriteText(TextWriter writer)
    {
        if (listsTensors)
        {
            var table = new TextTable("tensor", "shape", "from", "to", "bits/weight", "error", "weighted");
            foreach (TensorQuantization tensor in report.Tensors)
            {
                table.Add(
                    tensor.Name, string.Join(" x ", tensor.Shape), tensor.Stored, tensor.Kept, Number(tensor.BitsPerWeight, "F3"), Number(tensor.Loss?.Relative, "F5"),
                    isCalibrated ? Number(tensor.Loss?.Weighted, "F5") : "");
            }

            table.WriteTo(writer);
            writer.WriteLine();
        }

        string error = report.RelativeError is { } relative
            ? FormattableString.Invariant($", relative error {relative:F5}{Weighted()} over the quantized tensors")
            : "";
        writer.WriteLine(FormattableString.Invariant($"{report.Folder}: {report.ByteCount:N0} bytes, {report.BitsPerWeight:F3} bits a weight{error}"));
    }

    public void WriteJson(TextWriter writer)
    {
        using var line = new JsonLine();
        writer.WriteLine(line.Object(json =>
        {
            json.WriteString("path", report.Folder);
            json.WriteNumber("bytes", report.ByteCount);
            json.WriteNumber("weights", report.Count);
            json.WriteNumber("bits_per_weight", report.BitsPerWeight);
            WriteErrors(json, report.RelativeError, report.WeightedError);
            json.WriteBoolean("has_tokenizer", report.HasTokenizer);
            if (listsTensors)
            {
                json.WriteStartArray("tensors");
                foreach (TensorQuantization tensor in report.Tensors)
                {
                    WriteTensor(json, tensor);
                }

                json.WriteEndArray();
            }
        }));
    }

    private string Weighted() => isCalibrated ? FormattableString.Invariant($", weighted {report.WeightedError:F5},") : "";

    private void WriteTensor(Utf8JsonWriter json, TensorQuantization tensor)
    {
        json.WriteStartObject();
        json.WriteString("name", tensor.Name);
        JsonValues.WriteShape(json, tensor.Shape);
        json.WriteString("from", tensor.Stored);
        json.WriteString("to", tensor.Kept);
        json.WriteNumber("bytes", tensor.ByteCount);
        json.WriteNumber("bits_per_weight", tensor.BitsPerWeight);
        WriteErrors(json, tensor.Loss?.Relative, tensor.Loss?.Weighted);
        json.WriteEndObject();
    }

    private void WriteErrors(Utf8JsonWriter json, double? relative, double? weighted)
    {
        if (relative is { } found)
        {
            json.WriteNumber("relative_error", found);
            if (isCalibrated)
            {
                json.WriteNumber("weighted_error", weighted ?? found);
            }
        }
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
