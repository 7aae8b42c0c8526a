// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Hub;

namespace Phi4.Core.Tests.Hub;

public sealed class FileSelectionTests
{
    private static readonly string[] Phi4 =
    [
        ".gitattributes", "LICENSE", "README.md", "config.json", "generation_config.json", "merges.txt", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "original/consolidated.safetensors",
        "onnx/config.json", "pytorch_model.bin", "consolidated.safetensors",
    ];

    private static readonly string[] Shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

    [Test]
    public void Choose_OfAShardedModel_TakesWhatLoadingNeedsAndNothingElse() => Assert.That(Choose(Phi4, Shards, new HubOptions()), Is.EqualTo(new[]
    {
        "LICENSE", "config.json", "generation_config.json", "merges.txt", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json",
    }));

    [Test]
    public void Choose_WithASingleFile_TakesItAndNoShards() =>
        Assert.That(Choose([.. Phi4, "model.safetensors"], [], new HubOptions()).Where(file => file.Contains("model", StringComparison.Ordinal)), Is.EqualTo((string[])["model.safetensors"]));

    [Test]
    public void Choose_AShardThatIsNotThere_IsNamed() => Assert.That(
        Assert.Throws<HubException>(() => Choose(Phi4, [.. Shards, "../evil.safetensors"], new HubOptions()))!.Message, Does.Contain("names ../evil.safetensors"));

    [Test]
    public void Choose_OfOneGguf_TakesIt() => Assert.That(Choose(["README.md", "phi-4-q4.gguf"], [], new HubOptions()), Is.EqualTo((string[])["phi-4-q4.gguf"]));

    [Test]
    public void Choose_OfSeveralGgufs_AsksWhich_AndTakesTheOneThatPatternsName()
    {
        string[] files = ["phi-4-Q4_K.gguf", "phi-4-Q8_0.gguf"];
        Assert.That(Assert.Throws<HubException>(() => Choose(files, [], new HubOptions()))!.Message, Does.Contain("phi-4-Q4_K.gguf, phi-4-Q8_0.gguf").And.Contain("--include"));
        Assert.That(Choose(files, [], new HubOptions { Include = ["*Q4*"] }), Is.EqualTo((string[])["phi-4-Q4_K.gguf"]));
        Assert.That(Choose(files, [], new HubOptions { Exclude = ["*Q4*"] }), Is.EqualTo((string[])["phi-4-Q8_0.gguf"]));
    }

    [Test]
    public void Choose_WithoutWeights_SaysSo() => Assert.That(
        Assert.Throws<HubException>(() => Choose(["config.json", "pytorch_model.bin"], [], new HubOptions()))!.Failure, Is.EqualTo(HubFailure.NothingToPull));

    [Test]
    public void ShardsOf_AnIndex_NamesEachFileOnce()
    {
        const string Index = """{"weight_map":{"a":"x.safetensors","b":"y.safetensors","c":"x.safetensors"}}""";
        Assert.That(FileSelection.ShardsOf(Encoding.UTF8.GetBytes(Index)), Is.EquivalentTo((string[])["x.safetensors", "y.safetensors"]));
    }

    private static IReadOnlyList<string> Choose(string[] files, string[] shards, HubOptions options) =>
        FileSelection.Choose(files, shards, options, what => new HubException(HubFailure.NothingToPull, "a/b", what));
}
