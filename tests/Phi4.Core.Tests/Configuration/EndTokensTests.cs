// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;

namespace Phi4.Core.Tests.Configuration;

[TestFixture]
public sealed class EndTokensTests
{
    private static readonly TestCaseData[] Cases =
    [
        new(SiblingConfigs.Phi4, Array.Empty<int>(), new[] { 100257, 100265 }),
        new(SiblingConfigs.Phi4, new[] { 100266 }, new[] { 100257, 100265, 100266 }),
        new(SiblingConfigs.UnslothPhi4, Array.Empty<int>(), new[] { 100257, 100265 }),
        new(SiblingConfigs.Edit(SiblingConfigs.Phi4, """{ "eos_token_id": null }"""), Array.Empty<int>(), new[] { 100257, 100265 }),
        new(SiblingConfigs.Phi4Mini, Array.Empty<int>(), new[] { 199999, 200020 }),
        new(SiblingConfigs.Phi3Mini4K, new[] { 32000, 32001, 32007 }, new[] { 32000, 32001, 32007 }),
        new(SiblingConfigs.Llama70B, new[] { 128009, 128001 }, new[] { 128001, 128008, 128009 }),
        new(SiblingConfigs.Qwen14B, new[] { 151645, 151643 }, new[] { 151643, 151645 }),
    ];

    [TestCaseSource(nameof(Cases))]
    public void Of_PublishedFiles_IsTheUnionWithTheFamily(string json, int[] generationEnds, int[] expected)
    {
        ModelConfig config = ModelConfigReader.Parse(Encoding.UTF8.GetBytes(json), "config.json");
        Assert.That(EndTokens.Of(config, new GenerationConfig { EndTokenIds = generationEnds }), Is.EqualTo(expected));
    }
}
