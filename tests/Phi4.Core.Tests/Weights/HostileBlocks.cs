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

        yield return Case("BlocksGone", $"{Down}.blocks", "no such tensor", tensors => tensors.Remove($"{Down}.blocks"));
        yield return Case("AllGone", Down, "no such tensor", tensors =>
        {
            tensors.Remove($"{Down}.blocks");
            tensors.Remove($"{Down}.table");
        });
        yield return Case("BlocksOfAnotherMatrix", $"{Down}.blocks", "U8 [3, 1, 288]", tensors => tensors[$"{Down}.blocks"] = (DType.U8, [3, 1, 288], new byte[864]));
        yield return Case("HalfABlock", $"{Down}.blocks", "U8 [1, 1, 144]", tensors => tensors[$"{Down}.blocks"] = (DType.U8, [1, 1, 144], new byte[144]));
        yield return Case("SignedBlocks", $"{Down}.blocks", "I8 [1, 1, 288]", tensors => tensors[$"{Down}.blocks"] = (DType.I8, [1, 1, 288], new byte[288]));
        yield return Case("BlocksInARow", $"{Down}.blocks", "U8 [288]", tensors => tensors[$"{Down}.blocks"] = (DType.U8, [288], new byte[288]));
        yield return Case("TableGone", $"{Down}.table", "no such tensor", tensors => tensors.Remove($"{Down}.table"));
        yield return Case("ATableOfSeventeen", $"{Down}.table", "I8 [17]", tensors => tensors[$"{Down}.table"] = (DType.I8, [17], new byte[17]));
        yield return Case("FloatsBesideBlocks", Down, "a F32 [16, 32] too", tensors => tensors[Down] = (DType.F32, [16, 32], new byte[2048]));
        yield return Case("ATableBesideEightBits", "lm_head.weight", "a table", tensors => tensors["lm_head.weight.table"] = (DType.I8, [16], new byte[16]));
        yield return Case("HeadWithoutItsBlocks", "lm_head.weight.blocks", "no such tensor", tensors =>
        {
            tensors.Remove("lm_head.weight.blocks");
            tensors["lm_head.weight"] = (DType.F32, [40, 16], new byte[2560]);
        });
        yield return Case("APartOfNoMatrix", "model.norm.weight.blocks", "a left-over U8 [1, 1, 288]", tensors => tensors["model.norm.weight.blocks"] = (DType.U8, [1, 1, 288], new byte[288]));
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
    public void Load_BlocksThatKernelsCouldNotReadAligned_AreRefused()
    {
        using BlockFolder folder = Sound();
        folder.Damage(tensors => tensors["a"] = (DType.U8, [64], new byte[64]));
        string path = Path.Combine(folder.Path, "model.safetensors");
        byte[] file = File.ReadAllBytes(path);

        // Eight more spaces behind the header move all data by eight bytes.
        long length = BitConverter.ToInt64(file) + 8;
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(length), .. file[8..(int)length], .. "        "u8, .. file[(int)length..]]);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => folder.Load().Dispose())!;
        Assert.That(error.Problems.Select(problem => problem.Expected), Has.Some.EqualTo("data at a multiple of 32 bytes"));
    }

    [TestCase("\"version\": 2", "\"version\": 3", "quantization_config.version")]
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
