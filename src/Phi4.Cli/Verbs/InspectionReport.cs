// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Json;
using Phi4.Cli.Streams;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Kernels;

namespace Phi4.Cli.Verbs;

/// <summary>What <c>phi4 inspect</c> says, for people and for programs.</summary>
internal sealed class InspectionReport
{
    private readonly ModelInspection _model;
    private readonly MemoryPlan _plan;
    private readonly bool _listsTensors;

    public InspectionReport(ModelInspection model, int? contextTokens, KvCacheType kvType, bool listsTensors)
    {
        _model = model;
        _plan = model.PlanMemory(kvType.ElementType(), contextTokens);
        _listsTensors = listsTensors;
    }

    public void WriteText(TextWriter writer)
    {
        ModelConfig config = _model.Config;
        Line(writer, "model", $"{_model.Path}: {config.Architecture}, {config.DType.ToSafetensorsName()}");
        Line(writer, "parameters", $"{_model.ParameterCount:N0}");
        Line(writer, "weights", $"{_model.WeightBytes:N0} bytes{Origin()}");
        WriteQuantization(writer);
        Line(
            writer, "KV cache",
            $"{config.KvBytesPerToken(DType.BF16):N0} bytes a token in bf16, {config.KvBytesPerToken(DType.F32):N0} in f32, {config.KvBytesPerToken(DType.I8):N0} in int8");
        Line(
            writer, "shape",
            $"{config.LayerCount} layers, hidden {config.HiddenSize}, {config.HeadCount} heads of {config.HeadSize}, {config.KvHeadCount} KV heads, MLP {config.MlpSize}");
        Line(writer, "vocabulary", $"{config.VocabSize:N0}, head {(config.TieWordEmbeddings ? "tied to the embedding" : "of its own")}");
        Line(writer, "context", $"{config.MaxPositions:N0} tokens{(config.SlidingWindow is { } window ? FormattableString.Invariant($", window {window:N0}") : "")}");
        Line(writer, "end tokens", $"{string.Join(", ", _model.EndTokenIds)}");
        Line(writer, "memory", $"{_plan.AvailableBytes:N0} bytes free; {_plan.ContextTokens:N0} tokens of context take {_plan.KvBytes:N0} in {NameOf(_plan.KvType)}");
        Line(writer, "", $"{_plan.Explanation}");
        foreach (ModelFormatProblem problem in _model.Problems)
        {
            Line(writer, "problem", $"{problem}");
        }

        if (_listsTensors)
        {
            writer.WriteLine();
            var table = new TextTable("bytes", "type and shape", "tensor");
            foreach (var tensor in _model.Tensors)
            {
                table.Add(FormattableString.Invariant($"{tensor.ByteCount:N0}"), tensor.Signature, tensor.Name);
            }

            table.WriteTo(writer);
        }
    }

    public void WriteJson(TextWriter writer)
    {
        using var line = new JsonLine();
        writer.WriteLine(line.Object(json =>
        {
            json.WriteString("path", _model.Path);
            WriteConfiguration(json);
            json.WriteNumber("parameters", _model.ParameterCount);
            json.WriteNumber("weight_bytes", _model.WeightBytes);
            json.WriteBoolean("has_weights", _model.HasWeights);
            WriteQuantization(json);
            json.WriteStartArray("files");
            foreach (string file in _model.WeightFiles)
            {
                json.WriteStringValue(file);
            }

            json.WriteEndArray();
            json.WriteStartObject("kv_bytes_per_token");
            json.WriteNumber("bf16", _model.Config.KvBytesPerToken(DType.BF16));
            json.WriteNumber("f32", _model.Config.KvBytesPerToken(DType.F32));
            json.WriteNumber("int8", _model.Config.KvBytesPerToken(DType.I8));
            json.WriteEndObject();
            WriteMemory(json);
            json.WriteStartArray("problems");
            foreach (ModelFormatProblem problem in _model.Problems)
            {
                json.WriteStringValue(problem.ToString());
            }

            json.WriteEndArray();
            if (_listsTensors)
            {
                WriteTensors(json);
            }
        }));
    }

    private void WriteQuantization(TextWriter writer)
    {
        if (_model.Config.PackedWeights is { } packed)
        {
            Line(writer, "quantized", $"{packed.Description}");
        }

        foreach (WeightKind kind in _model.QuantizedWeights)
        {
            Line(writer, "", $"{kind.Count} matrices {kind.Stored}, {kind.StoredBitsPerWeight:F2} bits a weight: {kind.Becomes}, {kind.BitsPerWeight:F1} bits");
        }

        foreach (string unused in _model.Config.PackedWeights?.Unused ?? [])
        {
            Line(writer, "", $"{unused}");
        }
    }

    private void WriteQuantization(Utf8JsonWriter json)
    {
        if (_model.Config.PackedWeights is { } packed)
        {
            json.WriteString("quantization", packed.Description);
            json.WriteStartArray("quantization_unused");
            foreach (string unused in packed.Unused)
            {
                json.WriteStringValue(unused);
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("quantized");
        foreach (WeightKind kind in _model.QuantizedWeights)
        {
            json.WriteStartObject();
            json.WriteNumber("matrices", kind.Count);
            json.WriteString("stored", kind.Stored);
            json.WriteNumber("stored_bytes", kind.StoredBytes);
            json.WriteNumber("stored_bits_per_weight", kind.StoredBitsPerWeight);
            json.WriteString("becomes", kind.Becomes);
            json.WriteNumber("bits_per_weight", kind.BitsPerWeight);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteConfiguration(Utf8JsonWriter json)
    {
        ModelConfig config = _model.Config;
        json.WriteString("architecture", config.Architecture);
        json.WriteString("dtype", config.DType.ToSafetensorsName());
        json.WriteNumber("layers", config.LayerCount);
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("heads", config.HeadCount);
        json.WriteNumber("kv_heads", config.KvHeadCount);
        json.WriteNumber("head_size", config.HeadSize);
        json.WriteNumber("mlp_size", config.MlpSize);
        json.WriteNumber("vocab_size", config.VocabSize);
        json.WriteNumber("max_positions", config.MaxPositions);
        json.WriteBoolean("tied_embeddings", config.TieWordEmbeddings);
        json.WriteStartArray("end_token_ids");
        foreach (int id in _model.EndTokenIds)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
    }

    private void WriteMemory(Utf8JsonWriter json)
    {
        json.WriteStartObject("memory");
        json.WriteNumber("available_bytes", _plan.AvailableBytes);
        json.WriteNumber("context_tokens", _plan.ContextTokens);
        json.WriteString("kv_type", NameOf(_plan.KvType));
        json.WriteNumber("kv_bytes", _plan.KvBytes);
        json.WriteString("verdict", _plan.Verdict switch
        {
            MemoryVerdict.Fits => "fits",
            MemoryVerdict.WeightsFromDisk => "weights_from_disk",
            _ => "does_not_fit",
        });
        json.WriteNumber("largest_context", _plan.LargestContext);
        json.WriteNumber("largest_context_beside_weights", _plan.LargestContextBesideWeights);
        json.WriteEndObject();
    }

    private void WriteTensors(Utf8JsonWriter json)
    {
        json.WriteStartArray("tensors");
        foreach (var tensor in _model.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("dtype", tensor.TypeName);
            JsonValues.WriteShape(json, tensor.Shape);
            json.WriteNumber("bytes", tensor.ByteCount);
            json.WriteString("file", tensor.File);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string Origin() => !_model.HasWeights
        ? " by its configuration; none here"
        : _model.WeightFiles.Count == 1 ? " in one file" : FormattableString.Invariant($" in {_model.WeightFiles.Count} files");

    private static string NameOf(DType type) => type == DType.BF16 ? "bf16" : "f32";

    private static void Line(TextWriter writer, string heading, FormattableString text) =>
        writer.WriteLine(heading.PadRight(12) + FormattableString.Invariant(text));
}
