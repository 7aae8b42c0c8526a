// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;

namespace Phi4.Core.Tests.Configuration;

[TestFixture]
public sealed class GenerationConfigReaderTests
{
    private const int VocabSize = 100352;

    [TestCase("""{ "_from_model_config": true, "bos_token_id": 100257, "eos_token_id": [100257, 100265] }""", new[] { 100257, 100265 })]
    [TestCase("""{ "bos_token_id": 100257, "eos_token_id": 100265, "pad_token_id": 100349 }""", new[] { 100265 })]
    [TestCase("""{ "eos_token_id": null }""", new int[0])]
    [TestCase("{}", new int[0])]
    [TestCase("""{ "eos_token_id": [5, 5] }""", new[] { 5 })]
    public void Parse_EndTokens_OneOrSeveralOrNone(string json, int[] expected) => Assert.That(Parse(json).EndTokenIds, Is.EqualTo(expected));

    [Test]
    public void Parse_SamplingDefaults_AreKept()
    {
        GenerationConfig config = Parse("""
            { "do_sample": true, "temperature": 0.8, "top_k": 50, "top_p": 0.95, "min_p": 0.05, "typical_p": 0.9, "repetition_penalty": 1.05,
              "max_new_tokens": 512, "pad_token_id": 100349, "bos_token_id": 100257 }
            """);
        Assert.Multiple(() =>
        {
            Assert.That(config.DoSample, Is.True);
            Assert.That((config.Temperature, config.TopK, config.TopP, config.MinP), Is.EqualTo((0.8, 50, 0.95, 0.05)));
            Assert.That((config.TypicalP, config.RepetitionPenalty, config.MaxNewTokens), Is.EqualTo((0.9, 1.05, 512)));
            Assert.That((config.PadTokenId, config.BeginTokenId), Is.EqualTo((100349, 100257)));
        });
    }

    [TestCase("temperature", "-0.1")]
    [TestCase("temperature", "\"hot\"")]
    [TestCase("temperature", "1e999")]
    [TestCase("top_p", "0")]
    [TestCase("top_p", "1.01")]
    [TestCase("top_k", "-1")]
    [TestCase("top_k", "2.5")]
    [TestCase("min_p", "2")]
    [TestCase("repetition_penalty", "0")]
    [TestCase("max_new_tokens", "0")]
    [TestCase("eos_token_id", "100352")]
    [TestCase("do_sample", "1")]
    public void Parse_ValueOutOfRange_IsRefused(string key, string value) => Assert.That(
        () => Parse($$"""{ "{{key}}": {{value}} }"""), Throws.TypeOf<ModelFormatException>().With.Property("Item").EqualTo(key));

    [Test]
    public void Read_NoFile_IsEmpty() =>
        Assert.That(GenerationConfigReader.Read("/nowhere/generation_config.json", VocabSize), Is.SameAs(GenerationConfig.Empty));

    private static GenerationConfig Parse(string json) =>
        GenerationConfigReader.Parse(Encoding.UTF8.GetBytes(json), "generation_config.json", VocabSize);
}
