// SPDX-License-Identifier: MIT
using System.Text.Json.Nodes;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Weights.Hub;

/// <summary>A golden model quantized to nearest in a layout of the hub, and its twin: the same values as floats.</summary>
internal sealed class HubModel : IDisposable
{
    private readonly ModelConfig _config;
    private readonly TinyCheckpoint _packed;
    private readonly TinyCheckpoint _twin;

    private HubModel(string golden)
    {
        _config = ModelConfigReader.Read(Path.Combine(Goldens.Model(golden), "config.json")) with { DType = DType.F32 };
        _packed = new TinyCheckpoint(_config);
        _twin = new TinyCheckpoint(_config);
    }

    public TemporaryFolder Packed { get; } = new();

    public TemporaryFolder Twin { get; } = new();

    public static HubModel Create(string golden, string kind)
    {
        HubModel model = new(golden);
        using FloatSource source = FloatSource.Open(Goldens.Model(golden));
        foreach (TensorSpec spec in CheckpointLayout.Tensors(model._config))
        {
            SourceTensor tensor = source.Find(spec.Name)!;
            float[] values = new float[spec.Count];
            source.ReadRows(tensor, 0, tensor.Rows, values);
            Keep(model._packed, spec, values);
            bool isQuantized = spec.Shape.Count == 2 && spec.Name is not (WeightNames.Embedding or WeightNames.Head);
            Keep(model._twin, spec, isQuantized ? model.Pack(kind, spec.Name[..^".weight".Length], values, (int)spec.Shape[0], (int)spec.Shape[1]) : values);
        }

        model._packed.WriteSingle(model.Packed);
        model._twin.WriteSingle(model.Twin);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens.Model(golden), "config.json")))!.AsObject();
        config["torch_dtype"] = "float32";
        model.Twin.Write("config.json", config.ToJsonString());
        config["quantization_config"] = JsonNode.Parse(Quantization(kind));
        model.Packed.Write("config.json", config.ToJsonString());
        return model;
    }

    public void Dispose()
    {
        Packed.Dispose();
        Twin.Dispose();
    }

    private static string Quantization(string kind) => kind switch
    {
        "w4a16" or "w4a16 zero points" or "w4a16 act-order" => HubConfigs.Compressed("pack-quantized", 4, "group", ", \"group_size\": 32"),
        "w8a8" => HubConfigs.Compressed("int-quantized", 8, "channel"),
        "gptq" or "gptq act-order" => HubConfigs.Gptq(4, 64),
        "gptq 8 bits" => HubConfigs.Gptq(8, 32, "gptq_v2"),
        "awq" => HubConfigs.Awq,
        "fp8" => HubConfigs.Float8Channel,
        _ => HubConfigs.NormalFloat4,
    };

    private static void Keep(TinyCheckpoint files, TensorSpec spec, float[] values) => files.Tensors[spec.Name] = (DType.F32, [.. spec.Shape], HubPacks.Floats(values, DType.F32));

    /// <summary>Packs a matrix and gives what the packed one is worth.</summary>
    private float[] Pack(string kind, string module, float[] values, int rows, int columns)
    {
        if (kind == "fp8")
        {
            return PackFloat8(module, values, rows, columns);
        }

        if (kind == "nf4")
        {
            return PackNormalFloat4(module, values, rows, columns);
        }

        int bits = kind is "w8a8" or "gptq 8 bits" ? 8 : 4;
        int group = kind == "w8a8" ? columns : kind is "gptq" or "gptq act-order" ? 64 : 32;
        bool isCentered = kind is not ("w4a16 zero points" or "awq");
        IntegerMatrixSpec spec = Nearest(values, rows, columns, bits, group, isCentered, kind.EndsWith("act-order", StringComparison.Ordinal));
        switch (kind)
        {
            case "w8a8":
                _packed.CompressedBytes(module, spec);
                break;
            case "awq":
                _packed.Awq(module, spec);
                break;
            case "gptq" or "gptq act-order" or "gptq 8 bits":
                _packed.Gptq(module, spec, isVersionTwo: kind == "gptq 8 bits");
                break;
            default:
                _packed.CompressedWords(module, spec, hasZeros: !isCentered, hasGroups: kind == "w4a16 act-order");
                break;
        }

        return spec.Values;
    }

    private static IntegerMatrixSpec Nearest(float[] values, int rows, int columns, int bits, int groupSize, bool isCentered, bool shuffles)
    {
        IntegerMatrixSpec spec = IntegerMatrixSpec.Random(rows, columns, bits, groupSize, isCentered, DType.F16, shuffles);
        int most = (1 << bits) - 1;
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < spec.Groups; i++)
            {
                float[] inputs = [.. Enumerable.Range(0, columns).Where(input => spec.GroupOf[input] == i).Select(input => values[(row * columns) + input])];
                float span = isCentered ? inputs.Max(MathF.Abs) / (spec.Middle - 1) : (inputs.Max() - inputs.Min()) / most;

                // Eight bits, so that a scale times a zero point is a number of F16.
                spec.Scales[row, i] = BFloat16.ToSingle(BFloat16.FromSingle(MathF.Max(span, 1e-4f)));
                spec.Zeros[row, i] = isCentered ? spec.Middle : Math.Clamp((int)MathF.Round(-inputs.Min() / spec.Scales[row, i]), 0, most);
            }

            for (int input = 0; input < columns; input++)
            {
                int i = spec.GroupOf[input];
                spec.Codes[row, input] = Math.Clamp((int)MathF.Round(values[(row * columns) + input] / spec.Scales[row, i]) + spec.Zeros[row, i], 0, most);
            }
        }

        return spec;
    }

    private float[] PackFloat8(string module, float[] values, int rows, int columns)
    {
        (float Value, byte Code)[] numbers = [.. Enumerable.Range(0, 256).Where(code => (code & 0x7F) != 0x7F && code != 0x80).Select(code => (Worth(code), (byte)code)).OrderBy(pair => pair.Item1)];
        float[] sorted = [.. numbers.Select(number => number.Value)];
        float[] scales = [.. values.Chunk(columns).Select(row => BFloat16.ToSingle(BFloat16.FromSingle(row.Max(MathF.Abs) / 448)))];
        byte[] codes = new byte[values.Length];
        float[] worth = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int at = Array.BinarySearch(sorted, values[i] / scales[i / columns]);
            int nearest = Math.Min(at < 0 ? ~at : at, sorted.Length - 1);
            codes[i] = numbers[nearest].Code;
            worth[i] = sorted[nearest] * scales[i / columns];
        }

        _packed.Float8(module, rows, columns, codes, scales, DType.BF16, [rows, 1]);
        return worth;
    }

    private float[] PackNormalFloat4(string module, float[] values, int rows, int columns)
    {
        float[] book = [-1, -0.6961928f, -0.5250731f, -0.3949175f, -0.2844414f, -0.1847734f, -0.0910500f, 0, 0.0795803f, 0.1609302f, 0.2461123f, 0.3379152f, 0.4407098f, 0.5626170f, 0.7229568f, 1];
        float[] maxima = [.. values.Chunk(64).Select(run => run.Max(MathF.Abs))];
        int[] codes = [.. values.Select((value, i) => Array.IndexOf(book, book.MinBy(one => MathF.Abs((one * maxima[i / 64]) - value))))];
        _packed.BitsAndBytes(module, "nf4", rows, columns, codes, book, maxima);
        return [.. codes.Select((code, i) => book[code] * maxima[i / 64])];
    }

    private static float Worth(int code)
    {
        int exponent = (code >> 3) & 15, mantissa = code & 7;
        double magnitude = exponent == 0 ? mantissa / 8.0 * Math.Pow(2, -6) : (1 + (mantissa / 8.0)) * Math.Pow(2, exponent - 7);
        return (float)(code >= 128 ? -magnitude : magnitude);
    }
}
