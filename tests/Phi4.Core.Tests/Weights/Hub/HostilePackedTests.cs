// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Hub;

/// <summary>One checkpoint an attack. Each is sound but for one thing.</summary>
[TestFixture]
public sealed class HostilePackedTests
{
    private const string Module = "model.layers.1.mlp.down_proj";
    private const int Rows = 64, Columns = 96;

    private static IEnumerable<Attack> GptqAttacks()
    {
        yield return Gptq("no-scales", files => files.Tensors.Remove($"{Module}.scales"), ".scales", "F16 or BF16 or F32 [3, 64]", "no such tensor");
        yield return Gptq("no-zero-points", files => files.Tensors.Remove($"{Module}.qzeros"), ".qzeros", "I32 or U32 [3, 8]", "no such tensor");
        yield return Gptq("codes-transposed", files => files.Set($"{Module}.qweight", DType.I32, [64, 12]), ".qweight", "[12, 64]", "found I32 [64, 12]");
        yield return Gptq("codes-as-floats", files => files.Set($"{Module}.qweight", DType.F32, [12, 64]), ".qweight", "found F32 [12, 64]");
        yield return Gptq("scales-of-another-group-size", files => files.Set($"{Module}.scales", DType.F16, [6, 64]), ".scales", "found F16 [6, 64]");
        yield return Gptq("zero-points-of-another-size", files => files.Set($"{Module}.qzeros", DType.I32, [3, 64]), ".qzeros", "found I32 [3, 64]");
        yield return Gptq("group-past-the-last", files => Groups(files, 40, 3), ".g_idx", "groups from 0 to 2", "3 for input 40");
        yield return Gptq("group-negative", files => Groups(files, 95, -1), ".g_idx", "groups from 0 to 2", "-1 for input 95");
        yield return Gptq("group-list-too-short", files => files.Set($"{Module}.g_idx", DType.I32, [95]), ".g_idx", "I32 [96]", "found I32 [95]");
        yield return Gptq("floats-beside-codes", files => files.Set($"{Module}.weight", DType.F32, [Rows, Columns]), ".weight", "floats beside them");
        yield return Gptq("bias-of-a-module-without", files => files.Set($"{Module}.bias", DType.F16, [Rows]), ".bias", "no bias, or one of zeros");
        yield return Gptq("scale-that-is-no-number", files => Scale(files, DType.F16, float.NaN), ".scales", "row 7, group 0", "a finite scale", "NaN");
        yield return Gptq("scale-infinite", files => Scale(files, DType.F16, float.PositiveInfinity), ".scales", "row 7, group 0", "a finite scale");
        yield return Gptq("scale-beyond-f16", files => Scale(files, DType.F32, 1e6f), ".weight, row 7, inputs from 0", "F16 can hold");
        yield return Gptq("a-part-that-nobody-knows", files => files.Set($"{Module}.perm", DType.I32, [Columns]), ".perm", "a left-over I32 [96]");
        yield return Gptq("parts-of-a-layer-too-many", files => files.Set("model.layers.2.mlp.down_proj.qweight", DType.I32, [12, 64]), "model.layers.2", "a left-over");
    }

    private static IEnumerable<Attack> OtherAttacks()
    {
        IntegerMatrixSpec four = IntegerMatrixSpec.Random(Rows, Columns, 4, 32, isCentered: false, DType.F16);
        string words = HubConfigs.Compressed("pack-quantized", 4, "group", ", \"group_size\": 32");
        Attack packed(string name, Action<TinyCheckpoint> fault, params string[] found) =>
            new(name, words, files => files.CompressedWords(Module, four, hasZeros: true), fault, found);
        yield return packed("shape-of-another-matrix", files => files.Tensors[$"{Module}.weight_shape"] = (DType.I32, [2], HubPacks.Bytes([96, 64])), ".weight_shape", "[64, 96]", "[96, 64]");
        yield return packed("no-shape", files => files.Tensors.Remove($"{Module}.weight_shape"), ".weight_shape", "no such tensor");
        yield return packed("words-too-few", files => files.Set($"{Module}.weight_packed", DType.I32, [64, 11]), ".weight_packed", "[64, 12]");
        yield return packed("zero-points-not-packed", files => files.Set($"{Module}.weight_zero_point", DType.I8, [64, 3]), ".weight_zero_point", "I32 or U32 [8, 3]");

        yield return new(
            "awq-codes-as-gptq", HubConfigs.Awq, files => files.Awq(Module, four), files => files.Set($"{Module}.qweight", DType.I32, [12, 64]), ".qweight", "[96, 8]", "[12, 64]");

        IntegerMatrixSpec eight = IntegerMatrixSpec.Random(Rows, Columns, 8, Columns, isCentered: true, DType.F16);
        yield return new(
            "int8-scale-beside-floats", HubConfigs.Compressed("int-quantized", 8, "channel"), files => files.CompressedBytes(Module, eight),
            files => files.Set($"{Module}.weight", DType.F32, [Rows, Columns]), ".weight", "I8 [64, 96]", "F32 [64, 96]");
        yield return new(
            "int8-without-scale", HubConfigs.Compressed("int-quantized", 8, "channel"), files => files.CompressedBytes(Module, eight),
            files => files.Tensors.Remove($"{Module}.weight_scale"), ".weight_scale", "no such tensor");

        Attack floats(string name, Action<TinyCheckpoint> fault, params string[] found) => new(
            name, HubConfigs.Float8Channel, files => files.Float8(Module, Rows, Columns, new byte[Rows * Columns], new float[Rows], DType.BF16, [Rows, 1]), fault, found);
        yield return floats("fp8-of-the-other-kind", files => files.Set($"{Module}.weight", DType.F8E5M2, [Rows, Columns]), ".weight", "F8_E4M3 [64, 96]", "F8_E5M2");
        yield return floats("fp8-code-that-is-no-number", files => files.Tensors[$"{Module}.weight"].Data[(9 * Columns) + 33] = 0xFF, "row 9, inputs from 32", "NaN");
        yield return floats("fp8-scales-for-inputs", files => files.Set($"{Module}.weight_scale", DType.BF16, [1, Columns]), ".weight_scale", "[64, 1]", "BF16 [1, 96]");

        Attack book(string name, Action<TinyCheckpoint> fault, params string[] found) => new(
            name, HubConfigs.NormalFloat4, files => files.BitsAndBytes(Module, "nf4", Rows, 128, new int[Rows * 128], new float[16], new float[Rows * 2]), fault, found)
        { Columns = 128 };
        yield return book("nf4-state-is-no-json", files => State(files, "{"), ".quant_state.bitsandbytes__nf4", "JSON");
        yield return book("nf4-state-without-shape", files => State(files, """{"quant_type": "nf4", "blocksize": 64}"""), ".quant_state.bitsandbytes__nf4", "shape");
        yield return book("nf4-state-of-another-matrix", files => State(files, """{"quant_type": "nf4", "blocksize": 64, "shape": [64, 64]}"""), "[64, 64]");
        yield return book("nf4-runs-of-nothing", files => State(files, """{"quant_type": "nf4", "blocksize": 0, "shape": [64, 128]}"""), "a block size of 0 or less");
        yield return book("nf4-runs-across-rows", files => State(files, """{"quant_type": "nf4", "blocksize": 4096, "shape": [64, 128]}"""), "runs of 4096");
        yield return book("nf4-without-magnitudes", files => files.Tensors.Remove($"{Module}.weight.absmax"), ".absmax", "no such tensor");
        yield return book(
            "nf4-book-of-large-values", files => files.Tensors[$"{Module}.weight.quant_map"] = (DType.F32, [16], HubPacks.Floats([.. Enumerable.Repeat(2f, 16)], DType.F32)), ".quant_map", "from -1 to 1");
    }

    [TestCaseSource(nameof(GptqAttacks)), TestCaseSource(nameof(OtherAttacks))]
    public void Load_HostileCheckpoint_IsRefusedForItsReason(object hostile)
    {
        Attack attack = (Attack)hostile;
        using TemporaryFolder folder = new();
        ModelConfig config = attack.Write(folder, isSound: false);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => WeightLoader.Load(config, folder.Path).Dispose())!;
        Assert.That(error.Problems, Has.Count.EqualTo(1), error.Message);
        foreach (string word in attack.Words)
        {
            Assert.That(error.Message, Does.Contain(word));
        }
    }

    [TestCaseSource(nameof(GptqAttacks)), TestCaseSource(nameof(OtherAttacks))]
    public void Load_TheSoundOneBehindIt_Succeeds(object hostile)
    {
        using TemporaryFolder folder = new();
        ModelConfig config = ((Attack)hostile).Write(folder, isSound: true);
        Assert.That(() => WeightLoader.Load(config, folder.Path).Dispose(), Throws.Nothing);
    }

    [Test]
    public void Load_WhatGoesWithActivationsAndBiasesOfZeros_ChangesNothing()
    {
        using TemporaryFolder folder = new();
        ModelConfig config = HubConfigs.Parse(HubConfigs.Float8Channel);
        TinyCheckpoint files = new(config);
        files.Float8(Module, Rows, Columns, new byte[Rows * Columns], new float[Rows], DType.BF16, [Rows, 1]);
        files.Set($"{Module}.input_scale", DType.F32, [1]);
        files.Set("model.layers.0.self_attn.k_scale", DType.F32, [1]);
        files.Tensors[$"{Module}.bias"] = (DType.BF16, [Rows], new byte[2 * Rows]);
        files.WriteSingle(folder);
        Assert.That(() => WeightLoader.Load(config, folder.Path).Dispose(), Throws.Nothing);
    }

    private static Attack Gptq(string name, Action<TinyCheckpoint> fault, params string[] words) => new(
        name, HubConfigs.Gptq(4, 32), files => files.Gptq(Module, IntegerMatrixSpec.Random(Rows, Columns, 4, 32, isCentered: false, DType.F16)), fault, words);

    private static void Groups(TinyCheckpoint files, int input, int group) =>
        BitConverter.TryWriteBytes(files.Tensors[$"{Module}.g_idx"].Data.AsSpan(4 * input), group);

    private static void Scale(TinyCheckpoint files, DType dtype, float scale)
    {
        float[] scales = [.. Enumerable.Repeat(1f, 3 * Rows)];
        scales[7] = scale;
        files.Tensors[$"{Module}.scales"] = (dtype, [3, Rows], HubPacks.Floats(scales, dtype));
    }

    private static void State(TinyCheckpoint files, string json)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(json);
        files.Tensors[$"{Module}.weight.quant_state.bitsandbytes__nf4"] = (DType.U8, [bytes.Length], bytes);
    }

    private sealed record Attack(string Name, string Quantization, Action<TinyCheckpoint> Pack, Action<TinyCheckpoint> Fault, params string[] Words)
    {
        public int Columns { get; init; } = HostilePackedTests.Columns;

        public ModelConfig Write(TemporaryFolder folder, bool isSound)
        {
            ModelConfig config = HubConfigs.Parse(Quantization) with { MlpSize = Columns };
            TinyCheckpoint files = new(config);
            Pack(files);
            if (!isSound)
            {
                Fault(files);
            }

            files.WriteSingle(folder);
            return config;
        }

        public override string ToString() => Name;
    }
}
