// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;
using Phi4.Core.Tests.Weights.Hub;

namespace Phi4.Core.Tests.Configuration;

/// <summary>Quantization as publishers of phi-4 spell it, and one case for each variant that is not read.</summary>
[TestFixture]
public sealed class PackedWeightsReaderTests
{
    private const string W4A16 = """
        { "quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed", "global_compression_ratio": 1.89, "ignore": ["lm_head"],
          "kv_cache_scheme": { "num_bits": 8, "type": "float", "strategy": "tensor", "dynamic": false, "symmetric": true },
          "config_groups": { "group_0": { "targets": ["Linear"], "input_activations": null, "output_activations": null,
            "weights": { "num_bits": 4, "type": "int", "strategy": "group", "group_size": 128, "symmetric": true, "dynamic": false, "actorder": null, "block_structure": null } } } }
        """;

    [Test]
    public void Parse_CompressedWords_HasBitsGroupsAndWhatIsNotUsed()
    {
        PackedWeightsConfig found = Read(W4A16);
        Assert.Multiple(() =>
        {
            Assert.That((found.Layout, found.Bits, found.GroupSize, found.GroupRows), Is.EqualTo((PackedLayout.RowWords, 4, (int?)128, 1)));
            Assert.That(found.Description, Is.EqualTo("compressed-tensors pack-quantized, 4 bits, a scale for 128 inputs"));
            Assert.That(found.Unused.Single(), Does.StartWith("kv_cache_scheme (8-bit float, static): not used"));
        });
    }

    [Test]
    public void Parse_Float8Dynamic_SaysThatActivationsAreOurs()
    {
        PackedWeightsConfig found = Read(HubConfigs.Float8Channel);
        Assert.Multiple(() =>
        {
            Assert.That((found.Layout, found.Bits, found.GroupSize), Is.EqualTo((PackedLayout.Float8, 8, (int?)null)));
            Assert.That(found.Unused.Single(), Does.StartWith("input_activations (8-bit float, dynamic): not used"));
        });
    }

    [Test]
    public void Parse_GptqOfBothFormats_DiffersInTheZeroPoints() => Assert.Multiple(() =>
    {
        Assert.That(Read(HubConfigs.Gptq(4, 128)).HasZerosLessOne, Is.True);
        Assert.That(Read(HubConfigs.Gptq(4, 128, "gptq_v2")).HasZerosLessOne, Is.False);
        Assert.That(Read("""{ "quant_method": "gptq", "bits": 8, "group_size": -1 }""").HasZerosLessOne, Is.True, "the format that had no name yet");
        Assert.That(Read(HubConfigs.Gptq(8, -1)).GroupSize, Is.Null);
    });

    [Test]
    public void Parse_GptqThatSkipsModules_IsRead() =>
        Assert.That(Read("""{ "quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": { "-:.*down.*": {} } }""").Bits, Is.EqualTo(4));

    [Test]
    public void Parse_AwqInEitherSpelling_IsTheSame() => Assert.That(
        Read("""{ "quant_method": "awq", "w_bit": 4, "q_group_size": 32, "version": "GEMM", "zero_point": true }"""), Is.EqualTo(Read(HubConfigs.Awq)));

    [TestCase("""{ }""", "quant_method")]
    [TestCase("""{ "quant_method": "hqq" }""", "quant_method")]
    [TestCase("""{ "quant_method": "auto-round", "bits": 4 }""", "quant_method")]
    [TestCase("""{ "quant_method": "gptq", "bits": 3, "group_size": 128 }""", "bits")]
    [TestCase("""{ "quant_method": "gptq", "bits": 2, "group_size": 128 }""", "bits")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4 }""", "group_size")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4, "group_size": 0 }""", "group_size")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4, "group_size": -2 }""", "group_size")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4, "group_size": 128, "checkpoint_format": "marlin" }""", "checkpoint_format")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4, "group_size": 128, "is_marlin_format": true }""", "is_marlin_format")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4, "group_size": 128, "pack_dtype": "int64" }""", "pack_dtype")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4, "group_size": 128, "adapter": { "rank": 8 } }""", "adapter")]
    [TestCase("""{ "quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": { "+:.*down.*": { "bits": 8 } } }""", "dynamic.+:.*down.*")]
    [TestCase("""{ "quant_method": "awq", "bits": 8, "group_size": 128 }""", "bits")]
    [TestCase("""{ "quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemv" }""", "version")]
    [TestCase("""{ "quant_method": "fp8", "fmt": "e5m2" }""", "fmt")]
    [TestCase("""{ "quant_method": "fp8", "weight_block_size": [128] }""", "weight_block_size")]
    [TestCase("""{ "quant_method": "bitsandbytes", "load_in_8bit": true }""", "load_in_8bit")]
    [TestCase("""{ "quant_method": "bitsandbytes" }""", "load_in_4bit")]
    [TestCase("""{ "quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_type": "int4" }""", "bnb_4bit_quant_type")]
    [TestCase("""{ "quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_storage": "bfloat16" }""", "bnb_4bit_quant_storage")]
    [TestCase("""{ "quant_method": "compressed-tensors", "config_groups": {} }""", "format")]
    [TestCase("""{ "quant_method": "compressed-tensors", "format": "pack-quantized" }""", "config_groups")]
    [TestCase("""{ "quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {} }""", "config_groups")]
    [TestCase("""{ "quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": { "group_0": {} } }""", "config_groups.group_0.weights")]
    public void Parse_VariantThatIsNotRead_IsRefusedByName(string quantization, string item) => AssertRefused(quantization, item);

    [TestCase("pack-quantized", "marlin-24", "config_groups.group_0.weights")]
    [TestCase("pack-quantized", "nvfp4-pack-quantized", "config_groups.group_0.weights")]
    [TestCase("\"num_bits\": 4", "\"num_bits\": 3", "config_groups.group_0.weights.num_bits")]
    [TestCase("\"type\": \"int\"", "\"type\": \"float\"", "config_groups.group_0.weights")]
    [TestCase("\"strategy\": \"group\"", "\"strategy\": \"tensor_group\"", "config_groups.group_0.weights.strategy")]
    [TestCase("\"strategy\": \"group\"", "\"strategy\": \"block\"", "config_groups.group_0.weights.block_structure")]
    [TestCase("\"group_size\": 128, \"symmetric\": true, \"dynamic\": false", "\"group_size\": 128, \"dynamic\": true", "config_groups.group_0.weights.dynamic")]
    [TestCase("\"ignore\"", "\"sparsity_config\": { \"format\": \"sparse-24-bitmask\" }, \"ignore\"", "sparsity_config.format")]
    [TestCase("\"ignore\"", "\"transform_config\": { \"config_groups\": {} }, \"ignore\"", "transform_config")]
    [TestCase("\"group_0\": {", "\"g\": { \"weights\": { \"num_bits\": 8, \"strategy\": \"channel\" } }, \"group_0\": {", "config_groups.group_0")]
    [TestCase("\"group_0\": {", "\"group_0\": { \"format\": \"int-quantized\",", "config_groups.group_0.format")]
    public void Parse_CompressedTensorsThatAreNotRead_AreRefusedByName(string was, string becomes, string item)
    {
        string changed = W4A16.Replace(was, becomes);
        Assert.That(changed, Is.Not.EqualTo(W4A16));
        AssertRefused(changed, item);
    }

    private static void AssertRefused(string quantization, string item)
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Read(quantization))!;
        Assert.That(error.Item, Is.EqualTo($"quantization_config.{item}"), error.Message);
    }

    private static PackedWeightsConfig Read(string quantization) =>
        ModelConfigReader.Parse(Encoding.UTF8.GetBytes(SiblingConfigs.Edit(SiblingConfigs.Phi4, $$"""{ "quantization_config": {{quantization}} }""")), "config.json").PackedWeights!;
}
