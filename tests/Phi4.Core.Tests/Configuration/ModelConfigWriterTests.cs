// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using Phi4.Core.Configuration;

namespace Phi4.Core.Tests.Configuration;

[TestFixture]
internal sealed class ModelConfigWriterTests
{
    private static readonly BlockWeightsConfig Blocks = new() { Layers = WeightType.Int8, Head = WeightType.AsStored };

    private static IEnumerable<TestCaseData> Configs()
    {
        yield return new TestCaseData(SiblingConfigs.Phi4).SetArgDisplayNames("phi-4");
        yield return new TestCaseData(SiblingConfigs.Phi4Mini).SetArgDisplayNames("phi-4-mini: LongRoPE, partial, tied");
        yield return new TestCaseData(SiblingConfigs.Phi3Mini4K).SetArgDisplayNames("phi-3-mini: window");
    }

    [TestCaseSource(nameof(Configs))]
    public void Write_AConfiguration_IsReadBackAsItself(string json)
    {
        ModelConfig config = ModelConfigReader.Parse(Encoding.UTF8.GetBytes(json), "config.json");
        ModelConfig back = ModelConfigReader.Parse(ModelConfigWriter.Write(config, Blocks), "config.json");
        Assert.That(back.BlockWeights, Is.EqualTo(Blocks));
        Assert.That(JsonSerializer.Serialize(back with { BlockWeights = null }), Is.EqualTo(JsonSerializer.Serialize(config)));
        if (config.Rope.Scaling is LongRopeScaling scaling)
        {
            var found = (LongRopeScaling)back.Rope.Scaling!;
            Assert.That((found.OriginalMaxPositions, found.AttentionFactor), Is.EqualTo((scaling.OriginalMaxPositions, scaling.AttentionFactor)));
            Assert.That(found.LongFactors, Is.EqualTo(scaling.LongFactors));
            Assert.That(found.ShortFactors, Is.EqualTo(scaling.ShortFactors));
        }
    }

    [Test]
    public void Rewrite_AFile_KeepsEveryOtherKeyAsItStands()
    {
        string given = """{ "a": [1, 2.50], "quantization_config": { "quant_method": "gptq" }, "b": { "c": null, "d": 1e-05 }, "e": "é" }""";
        using JsonDocument found = JsonDocument.Parse(ModelConfigWriter.Rewrite(Encoding.UTF8.GetBytes(given), Blocks));
        Assert.That(found.RootElement.EnumerateObject().Select(property => property.Name), Is.EqualTo(new[] { "a", "b", "e", "quantization_config" }));
        Assert.That(found.RootElement.GetProperty("a")[1].GetRawText(), Is.EqualTo("2.50"));
        Assert.That(found.RootElement.GetProperty("b").GetProperty("d").GetRawText(), Is.EqualTo("1e-05"));
        Assert.That(found.RootElement.GetProperty("quantization_config").GetProperty("quant_method").GetString(), Is.EqualTo("phi4-blocks"));
    }
}
