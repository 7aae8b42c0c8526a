// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

/// <summary>Checkpoints in blocks that say one thing and hold another.</summary>
[TestFixture]
internal sealed class HostileBlocks
{
    private const string Down = "model.layers.1.mlp.down_proj.weight";

    private static IEnumerable<TestCaseData> Damages()
    {
        static TestCaseData Case(string name, string item, string found, Action<Dictionary<string, (DType DType, long[] Shape, byte[] Data)>> change) =>
            new TestCaseData(item, found, change).SetName($"Load_{name}_IsRefusedByName");

        yield return Case("ScalesGone", $"{Down}.scales", "no such tensor", tensors => tensors.Remove($"{Down}.scales"));
        yield return Case("CodesGone", $"{Down}.codes", "no such tensor", tensors => tensors.Remove($"{Down}.codes"));
        yield return Case("AllGone", Down, "no such tensor", tensors =>
        {
            tensors.Remove($"{Down}.codes");
            tensors.Remove($"{Down}.scales");
            tensors.Remove($"{Down}.table");
        });
        yield return Case("CodesOfAnotherMatrix", $"{Down}.codes", "U8 [3, 1, 256]", tensors => tensors[$"{Down}.codes"] = (DType.U8, [3, 1, 256], new byte[768]));
        yield return Case("CodesOfHalfABlock", $"{Down}.codes", "U8 [1, 1, 128]", tensors => tensors[$"{Down}.codes"] = (DType.U8, [1, 1, 128], new byte[128]));
        yield return Case("EightBitCodesOfFourBitSize", $"{Down}.codes", "I8 [1, 1, 256]", tensors => tensors[$"{Down}.codes"] = (DType.I8, [1, 1, 256], new byte[256]));
        yield return Case("ScalesInF32", $"{Down}.scales", "F32 [1, 1, 16]", tensors => tensors[$"{Down}.scales"] = (DType.F32, [1, 1, 16], new byte[64]));
        yield return Case("ScalesOfTooFewRows", $"{Down}.scales", "F16 [1, 1, 8]", tensors => tensors[$"{Down}.scales"] = (DType.F16, [1, 1, 8], new byte[16]));
        yield return Case("OffsetsOfAnotherShape", $"{Down}.offsets", "F16 [1, 2, 16]", tensors => tensors[$"{Down}.offsets"] = (DType.F16, [1, 2, 16], new byte[64]));
        yield return Case("TableGone", $"{Down}.table", "no such tensor", tensors => tensors.Remove($"{Down}.table"));
        yield return Case("ATableOfSeventeen", $"{Down}.table", "I8 [17]", tensors => tensors[$"{Down}.table"] = (DType.I8, [17], new byte[17]));
        yield return Case("FloatsBesideBlocks", Down, "a F32 [16, 32] too", tensors => tensors[Down] = (DType.F32, [16, 32], new byte[2048]));
        yield return Case("OffsetsBesideEightBits", "lm_head.weight", "offsets", tensors => tensors["lm_head.weight.offsets"] = (DType.F16, [3, 1, 16], new byte[96]));
        yield return Case("HeadWithoutItsBlocks", "lm_head.weight.codes", "no such tensor", tensors =>
        {
            tensors.Remove("lm_head.weight.codes");
            tensors.Remove("lm_head.weight.scales");
            tensors["lm_head.weight"] = (DType.F32, [40, 16], new byte[2560]);
        });
        yield return Case("APartOfNoMatrix", "model.norm.weight.scales", "a left-over F16 [1, 1, 16]", tensors => tensors["model.norm.weight.scales"] = (DType.F16, [1, 1, 16], new byte[32]));
    }

    [TestCaseSource(nameof(Damages))]
    public void Load_Damage_IsRefusedByName(string item, string found, Action<Dictionary<string, (DType DType, long[] Shape, byte[] Data)>> change)
    {
        using BlockFolder folder = Sound();
        folder.Damage(change);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => folder.Load().Dispose())!;
        Assert.That(error.Problems.Select(problem => (problem.Item, problem.Found)), Has.Some.EqualTo((item, found)), error.Message);
    }

    [Test]
    public void Load_NoDamage_IsSound()
    {
        using BlockFolder folder = Sound();
        folder.Damage(_ => { });
        Assert.That(() => folder.Load().Dispose(), Throws.Nothing);
    }

    [Test]
    public void Load_CodesThatKernelsCouldNotReadAligned_AreRefused()
    {
        using BlockFolder folder = Sound();
        folder.Damage(tensors => tensors["a"] = (DType.U8, [64], new byte[64]));
        string path = Path.Combine(folder.Path, "model.safetensors");
        byte[] file = File.ReadAllBytes(path);

        // Eight more spaces behind the header move all data by eight bytes.
        long length = BitConverter.ToInt64(file) + 8;
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(length), .. file[8..(int)length], .. "        "u8, .. file[(int)length..]]);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => folder.Load().Dispose())!;
        Assert.That(error.Problems.Select(problem => problem.Expected), Has.Some.EqualTo("data at a multiple of 64 bytes"));
    }

    [TestCase("\"version\": 1", "\"version\": 2", "quantization_config.version")]
    [TestCase("\"block_size\": 32", "\"block_size\": 64", "quantization_config.block_size")]
    [TestCase("\"tile_rows\": 16", "\"tile_rows\": 8", "quantization_config.tile_rows")]
    [TestCase("\"weights\": \"int4\"", "\"weights\": \"int3\"", "quantization_config.weights")]
    [TestCase("\"head\": \"int8\"", "\"head\": \"int2\"", "quantization_config.head")]
    [TestCase("\"phi4-blocks\"", "\"other\"", "quantization_config.quant_method")]
    public void Parse_AnotherFormat_IsRefusedByKey(string sound, string hostile, string key)
    {
        using BlockFolder folder = Sound();
        string text = System.Text.Encoding.UTF8.GetString(ModelConfigWriter.Write(folder.FloatConfig, folder.Config.BlockWeights!));
        Assert.That(text, Does.Contain(sound));
        ModelFormatException error = Assert.Throws<ModelFormatException>(
            () => ModelConfigReader.Parse(System.Text.Encoding.UTF8.GetBytes(text.Replace(sound, hostile, StringComparison.Ordinal)), "config.json"))!;
        Assert.That(error.Item, Is.EqualTo(key));
    }

    private static BlockFolder Sound() => new(WeightTypeTests.SoundConfig("Phi3ForCausalLM", tied: false), WeightPlan.Of(WeightType.Int4, null));
}
