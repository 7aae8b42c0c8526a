// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Hub;

/// <summary>Matrices of known codes in every layout: each value that is read, and each that loading makes of it.</summary>
[TestFixture]
public sealed class PackedMatrixTests
{
    private const string Module = "model.layers.0.mlp.down_proj";
    private const int Rows = 64, Columns = 96;

    /// <summary>How far a weight in blocks may be from the file's, given the file's value, the largest magnitude of its block, and its scale.</summary>
    private delegate double Bound(double value, double largest, double scale);

    private static IEnumerable<PackedCase> Kept()
    {
        yield return Words("w4a16, groups of 32, bf16 scales", 4, 32, true, DType.BF16);
        yield return Words("w4a16, groups of 96, f16 scales", 4, 96, true, DType.F16);
        yield return Words("w4a16, a scale for a row", 4, null, true, DType.BF16);
        yield return Words("w4a16, zero points, bf16 scales", 4, 32, false, DType.BF16);
        yield return Words("w8a16, groups of 32", 8, 32, true, DType.F16);
        yield return Bytes("w8a8, a scale for a row", true, DType.BF16);
        yield return Bytes("w8a8, one scale", true, DType.F32, isOneScale: true);
        yield return Gptq("gptq, groups of 32", 4, 32, true, DType.F16);
        yield return Gptq("gptq, groups of 32, no g_idx", 4, 32, true, DType.F16, hasGroups: false);
        yield return Gptq("gptq, groups of 64, the last shorter", 4, 64, true, DType.F16);
        yield return Gptq("gptq, a scale for a row", 4, -1, true, DType.F16);
        yield return Gptq("gptq, zero points, bf16 scales", 4, 32, false, DType.BF16);
        yield return Gptq("gptq v2, zero points, bf16 scales", 4, 32, false, DType.BF16, format: "gptq_v2");
        yield return Gptq("gptq, 8 bits", 8, 32, true, DType.F16);
        yield return Awq("awq, groups of 32, bf16 scales", 32, false, DType.BF16);
        yield return Awq("awq, a scale for a row, all zero points 8", -1, true, DType.F16);
    }

    private static IEnumerable<PackedCase> Rounded()
    {
        // An offset of up to eight steps keeps eleven bits; a scale that has more than eleven is rounded, which a code multiplies by up to 8.
        Bound offsets = (_, _, scale) => 8 * scale * Math.Pow(2, -11);
        yield return Words("w4a16, zero points, f16 scales", 4, 32, false, DType.F16) with { Bound = offsets };
        yield return Words("w4a16, f32 scales", 4, 32, true, DType.F32) with { Bound = (value, _, _) => Math.Abs(value) * Math.Pow(2, -11) };
        yield return Gptq("gptq, zero points, f16 scales", 4, 32, false, DType.F16) with { Bound = offsets };
        yield return Awq("awq, groups of 32, f16 scales", 32, false, DType.F16) with { Bound = offsets };

        Bound newCodes = (value, largest, _) => (largest / 254 * 1.01) + (Math.Abs(value) * Math.Pow(2, -11));
        yield return (Words("w4a16, groups in an order of their own", 4, 32, true, DType.F16, shuffles: true) with { Bound = newCodes }).AsNew();
        yield return (Words("w4a16, groups of 16", 4, 16, true, DType.F16) with { Bound = newCodes }).AsNew();
        yield return (Bytes("w8a8, zero points", false, DType.F16) with { Bound = newCodes }).AsNew();
        yield return (Gptq("gptq, act-order", 4, 32, false, DType.F16, shuffles: true) with { Bound = newCodes }).AsNew();
        yield return (Gptq("gptq, 8 bits, zero points", 8, 32, false, DType.F16) with { Bound = newCodes }).AsNew();
        yield return (Awq("awq, groups of 16", 16, false, DType.F16) with { Bound = newCodes }).AsNew();

        // Seven bits for the largest: what has four bits of an eighth of it is exact, the rest within half of a step of at most a 64th.
        Bound floats = (value, largest, scale) => Math.Abs(value) >= largest / 8 ? 0 : largest / 128;
        yield return Float8("fp8, a scale for a row", HubConfigs.Float8Channel, [Rows, 1], DType.BF16) with { Bound = floats };
        yield return Float8("fp8, one scale", HubConfigs.Float8Channel.Replace("channel", "tensor"), [1], DType.BF16) with { Bound = floats };
        yield return Float8(
            "fp8, squares", """{ "quant_method": "fp8", "weight_block_size": [16, 32], "activation_scheme": "dynamic", "fmt": "e4m3" }""", [4, 3], DType.BF16, "weight_scale_inv") with
        { Bound = floats };
        yield return BitsAndBytes("nf4", isNested: false);
        yield return BitsAndBytes("nf4", isNested: true);
        yield return BitsAndBytes("fp4", isNested: false);
    }

    [TestCaseSource(nameof(Kept)), TestCaseSource(nameof(Rounded))]
    public void ReadRows_KnownCodes_GivesEveryValueOfTheFormat(object packed)
    {
        PackedCase one = (PackedCase)packed;
        using TemporaryFolder folder = new();
        ModelConfig config = one.Write(folder);
        using IWeightSource source = WeightSources.Open(config, folder.Path);
        SourceTensor tensor = source.Find($"{Module}.weight")!;
        float[] all = new float[Rows * one.Columns];
        source.ReadRows(tensor, 0, Rows, all);
        float[] some = new float[21 * one.Columns];
        source.ReadRows(tensor, 5, 21, some);
        Assert.Multiple(() =>
        {
            Assert.That(tensor.Shape, Is.EqualTo(new long[] { Rows, one.Columns }));
            Assert.That(all, Is.EqualTo(one.Values).AsCollection);
            Assert.That(some, Is.EqualTo(one.Values.AsSpan(5 * one.Columns, some.Length).ToArray()).AsCollection);
            Assert.That(CheckpointCheck.Problems(config, source, CancellationToken.None), Is.Empty);
        });
    }

    [TestCaseSource(nameof(Kept)), TestCaseSource(nameof(Rounded))]
    public void Load_KnownCodes_IsWorthTheSameInBlocks(object packed)
    {
        PackedCase one = (PackedCase)packed;
        using TemporaryFolder folder = new();
        ModelConfig config = one.Write(folder);
        using ModelWeights weights = WeightLoader.Load(config, folder.Path);
        WeightView view = weights.Layers[0].Down;
        double[] found = WeightValues.Read(view);
        Assert.Multiple(() =>
        {
            Assert.That((view.Format, view.HasOffsets), Is.EqualTo((one.Format, one.HasOffsets)));
            Assert.That(weights.Layers[1].Down.IsFloat, Is.True, "a matrix that isn't packed stays as it is");
            for (int i = 0; i < found.Length; i++)
            {
                int row = i / one.Columns, block = i % one.Columns / 32 * 32;
                double largest = one.Values.AsSpan((row * one.Columns) + block, 32).ToArray().Max(MathF.Abs);
                Assert.That(found[i], Is.EqualTo((double)one.Values[i]).Within(one.Bound(one.Values[i], largest, one.LargestScale)), $"[{row}, {i % one.Columns}]");
            }
        });
    }

    [TestCaseSource(nameof(Kept)), TestCaseSource(nameof(Rounded))]
    public void Count_PackedWeights_IsWhatLoadingAllocates(object packed)
    {
        PackedCase one = (PackedCase)packed;
        using TemporaryFolder folder = new();
        ModelConfig config = one.Write(folder);
        using IWeightSource source = WeightSources.Open(config, folder.Path);
        using ModelWeights weights = WeightLoader.Load(config, folder.Path);
        Assert.That(WeightBytes.Count(config, WeightPlan.AsStored, source).Allocated, Is.EqualTo(weights.Layers[0].Down.ByteCount));
    }

    [TestCaseSource(nameof(Kept)), TestCaseSource(nameof(Rounded))]
    public void Load_AsF32_KeepsEveryValue(object packed)
    {
        PackedCase one = (PackedCase)packed;
        using TemporaryFolder folder = new();
        ModelConfig config = one.Write(folder);
        using ModelWeights weights = WeightLoader.Load(config, folder.Path, new WeightLoadOptions { Plan = WeightPlan.Of(WeightType.F32, null) });
        Assert.That(WeightValues.Read(weights.Layers[0].Down), Is.EqualTo(one.Values.Select(value => (double)value)).AsCollection);
    }

    private static PackedCase Words(string name, int bits, int? group, bool isCentered, DType scaleType, bool shuffles = false)
    {
        IntegerMatrixSpec spec = IntegerMatrixSpec.Random(Rows, Columns, bits, group ?? Columns, isCentered, scaleType, shuffles);
        string config = group is { } size
            ? HubConfigs.Compressed("pack-quantized", bits, "group", $", \"group_size\": {size}")
            : HubConfigs.Compressed("pack-quantized", bits, "channel");
        return Integers(name, config, spec, isCentered, files => files.CompressedWords(Module, spec, hasZeros: !isCentered, hasGroups: shuffles));
    }

    private static PackedCase Bytes(string name, bool isCentered, DType scaleType, bool isOneScale = false)
    {
        IntegerMatrixSpec spec = IntegerMatrixSpec.Random(Rows, Columns, 8, Columns, isCentered, scaleType);
        if (isOneScale)
        {
            for (int row = 0; row < Rows; row++)
            {
                spec.Scales[row, 0] = 0.0078125f;
            }
        }

        string config = HubConfigs.Compressed("int-quantized", 8, isOneScale ? "tensor" : "channel");
        return Integers(name, config, spec, isCentered, files => files.CompressedBytes(Module, spec, hasZeros: !isCentered, isOneScale));
    }

    private static PackedCase Gptq(string name, int bits, int group, bool isCentered, DType scaleType, string format = "gptq", bool hasGroups = true, bool shuffles = false)
    {
        IntegerMatrixSpec spec = IntegerMatrixSpec.Random(Rows, Columns, bits, group == -1 ? Columns : group, isCentered, scaleType, shuffles);
        return Integers(
            name, HubConfigs.Gptq(bits, group, format, shuffles), spec, isCentered, files => files.Gptq(Module, spec, isVersionTwo: format == "gptq_v2", hasGroups));
    }

    private static PackedCase Awq(string name, int group, bool isCentered, DType scaleType)
    {
        IntegerMatrixSpec spec = IntegerMatrixSpec.Random(Rows, Columns, 4, group == -1 ? Columns : group, isCentered, scaleType);
        return Integers(name, HubConfigs.Awq.Replace("32", $"{group}"), spec, isCentered, files => files.Awq(Module, spec));
    }

    private static PackedCase Integers(string name, string config, IntegerMatrixSpec spec, bool isCentered, Action<TinyCheckpoint> pack) => new(name, config, pack, spec.Values)
    {
        Format = spec.Bits == 4 ? WeightFormat.Int4 : WeightFormat.Int8,
        HasOffsets = spec.Bits == 4 && !isCentered,
        LargestScale = spec.Scales.Cast<float>().Max(),
    };

    private static PackedCase Float8(string name, string config, long[] scaleShape, DType scaleType, string scaleName = "weight_scale")
    {
        Random random = new(5);

        // Any code but the two that are no numbers; many small ones, as weights have them.
        byte[] codes = [.. Enumerable.Range(0, Rows * Columns).Select(_ => (byte)(random.Next(2) * 128 + Math.Min(0x7E, random.Next(60, 130))))];
        for (int code = 0; code < 256; code++)
        {
            codes[code] = (code & 0x7F) == 0x7F ? (byte)0 : (byte)code;
        }

        float[] scales = [.. Enumerable.Range(0, (int)scaleShape.Aggregate(1L, (a, b) => a * b)).Select(i => BFloat16.ToSingle(BFloat16.FromSingle(0.01f + (0.001f * i))))];
        float scaleOf(int row, int input) => scales.Length == 1 ? scales[0] : scales.Length == Rows ? scales[row] : scales[(row / 16 * 3) + (input / 32)];
        float[] values = [.. codes.Select((code, i) => (float)(Worth(code) * scaleOf(i / Columns, i % Columns)))];
        return new(name, config, files => files.Float8(Module, Rows, Columns, codes, scales, scaleType, scaleShape, scaleName), values) { Format = WeightFormat.Int8 };
    }

    private static double Worth(byte code)
    {
        int exponent = (code >> 3) & 15, mantissa = code & 7;
        double magnitude = exponent == 0 ? mantissa / 8.0 * Math.Pow(2, -6) : (1 + (mantissa / 8.0)) * Math.Pow(2, exponent - 7);
        return code >= 128 ? -magnitude : magnitude;
    }

    private static PackedCase BitsAndBytes(string kind, bool isNested)
    {
        Random random = new(9);
        int columns = 128;
        float[] book = kind == "nf4"
            ? [-1, -0.6961928f, -0.5250731f, -0.3949175f, -0.2844414f, -0.1847734f, -0.0910500f, 0, 0.0795803f, 0.1609302f, 0.2461123f, 0.3379152f, 0.4407098f, 0.5626170f, 0.7229568f, 1]
            : [0, 0.005208333f, 0.6666667f, 1, 0.3333333f, 0.5f, 0.1666667f, 0.25f, 0, -0.005208333f, -0.6666667f, -1, -0.3333333f, -0.5f, -0.1666667f, -0.25f];
        int[] codes = [.. Enumerable.Range(0, Rows * columns).Select(_ => random.Next(16))];
        float[] secondBook = [.. Enumerable.Range(0, 256).Select(i => (i - 128) / 128f)];
        byte[] maximaCodes = [.. Enumerable.Range(0, codes.Length / 64).Select(_ => (byte)random.Next(256))];
        float[] maxima = [.. maximaCodes.Select(code => isNested ? (secondBook[code] * 0.125f) + 0.25f : 0.1f + (code / 1000f))];
        float[] values = [.. codes.Select((code, i) => book[code] * maxima[i / 64])];
        return new(
            $"bitsandbytes {kind}{(isNested ? ", magnitudes in bytes" : "")}", HubConfigs.NormalFloat4.Replace("nf4", kind),
            files => files.BitsAndBytes(Module, kind, Rows, columns, codes, book, maxima, isNested ? (maximaCodes, secondBook, [0.125f], 0.25f) : null), values)
        {
            Format = WeightFormat.Int4,
            Columns = columns,
            LargestScale = maxima.Max(),

            // Half of a 127th of the run's largest magnitude, and the scale's rounding.
            Bound = (value, _, largestOfAll) => largestOfAll * (1.0 / 254 + Math.Pow(2, -11)),
        };
    }

    private sealed record PackedCase(string Name, string Quantization, Action<TinyCheckpoint> Pack, float[] Values)
    {
        public int Columns { get; init; } = PackedMatrixTests.Columns;

        public WeightFormat Format { get; init; }

        public bool HasOffsets { get; init; }

        public double LargestScale { get; init; }

        public Bound Bound { get; init; } = (_, _, _) => 0;

        /// <summary>The codes don't fit the blocks: new ones of 8 bits.</summary>
        public PackedCase AsNew() => this with { Format = WeightFormat.Int8, HasOffsets = false };

        /// <summary>The model's other tensors are floats.</summary>
        public ModelConfig Write(TemporaryFolder folder)
        {
            ModelConfig config = HubConfigs.Parse(Quantization) with { MlpSize = Columns };
            TinyCheckpoint files = new(config);
            Pack(files);
            files.WriteSingle(folder);
            return config;
        }

        public override string ToString() => Name;
    }
}
