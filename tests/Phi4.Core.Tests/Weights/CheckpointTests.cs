// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

/// <summary>What a sharded checkpoint's index may not do.</summary>
[TestFixture]
public sealed class CheckpointTests
{
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";
    private const string Embedding = "model.embed_tokens.weight";

    [TestCase("../model-00001-of-00002.safetensors")]
    [TestCase("/etc/model.safetensors")]
    [TestCase("sub/model.safetensors")]
    [TestCase("..\\\\model.safetensors")]
    [TestCase("C:model.safetensors")]
    [TestCase("..")]
    [TestCase("")]
    [TestCase("config.json")]
    [TestCase("model\\u0000.safetensors")]
    public void Open_ShardOutsideTheFolder_IsRefusedBeforeItIsTouched(string shard)
    {
        using TemporaryFolder folder = Sharded((name, right) => name == Embedding ? shard : right);
        AssertRefused(folder, Embedding, "plain name");
    }

    [Test]
    public void Open_IndexNamesAMissingShard_IsRefused()
    {
        using TemporaryFolder folder = Sharded((name, right) => name == Embedding ? "model-00003-of-00002.safetensors" : right);
        AssertRefused(folder, null, "model-00003-of-00002.safetensors", "found none");
    }

    [Test]
    public void Open_IndexNamesAMissingTensor_IsRefused()
    {
        using TemporaryFolder folder = Sharded();
        Replace(folder, "{ \"model.embed", "{ \"model.extra\": \"" + First + "\", \"model.embed");
        AssertRefused(folder, "model.extra", "it in no shard");
    }

    [Test]
    public void Open_TensorInAnotherShardThanTheIndexSays_IsRefused()
    {
        using TemporaryFolder folder = Sharded((name, right) => name == Embedding ? Second : right);
        AssertRefused(folder, Embedding, $"the tensor in {Second}", $"it in {First}");
    }

    [Test]
    public void Open_TensorThatTheIndexDoesNotName_IsRefused()
    {
        using TemporaryFolder folder = Sharded();
        Replace(folder, $"\"{Embedding}\": \"{First}\",", "");
        AssertRefused(folder, Embedding, "one that it does not");
    }

    [Test]
    public void Open_TensorInTwoShards_IsRefused()
    {
        TinyCheckpoint tiny = new(TinyCheckpoint.Config("Phi3ForCausalLM"));
        using TemporaryFolder folder = new();
        tiny.WriteShards(folder, 2);
        File.Copy(folder[First], folder[Second], overwrite: true);
        AssertRefused(folder, Embedding, "a duplicate");
    }

    [TestCase("", "valid JSON")]
    [TestCase("[]", "weight_map")]
    [TestCase("""{ "metadata": {} }""", "weight_map")]
    [TestCase("""{ "weight_map": [] }""", "weight_map")]
    [TestCase("""{ "weight_map": {} }""", "at least one tensor")]
    [TestCase("""{ "weight_map": { "a": 1 } }""", "plain name")]
    [TestCase("""{ "weight_map": { "a": "x.safetensors", "a": "y.safetensors" } }""", "once")]
    [TestCase("""{ "weight_map": { "\ud800": "x.safetensors" } }""", "valid JSON")]
    public void Open_MalformedIndex_IsRefused(string text, string word)
    {
        using TemporaryFolder folder = new();
        folder.Write(Checkpoint.IndexFileName, text);
        Assert.That(() => Checkpoint.Open(folder.Path), Throws.TypeOf<ModelFormatException>().With.Message.Contains(word));
    }

    [Test]
    public void Open_DamagedShard_NamesTheShard()
    {
        using TemporaryFolder folder = Sharded();
        using (FileStream stream = File.OpenWrite(folder[Second]))
        {
            stream.SetLength(stream.Length - 1);
        }

        AssertRefused(folder, null, Second, "truncated");
    }

    [Test]
    public void Open_SingleFileBesideAnIndex_TakesTheSingleFile()
    {
        TinyCheckpoint tiny = new(TinyCheckpoint.Config("Phi3ForCausalLM"));
        using TemporaryFolder folder = new();
        tiny.WriteSingle(folder);
        folder.Write(Checkpoint.IndexFileName, "not read");
        using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
        Assert.That(checkpoint.TensorCount, Is.EqualTo(tiny.Tensors.Count));
        Assert.That(checkpoint.Find("lm_head.weight")!.DType, Is.EqualTo(DType.F32));
    }

    private static TemporaryFolder Sharded(Func<string, string, string>? misname = null)
    {
        TemporaryFolder folder = new();
        new TinyCheckpoint(TinyCheckpoint.Config("Phi3ForCausalLM")).WriteShards(folder, 2, misname);
        return folder;
    }

    private static void Replace(TemporaryFolder folder, string old, string text)
    {
        string index = File.ReadAllText(folder[Checkpoint.IndexFileName]);
        Assert.That(index, Does.Contain(old));
        File.WriteAllText(folder[Checkpoint.IndexFileName], index.Replace(old, text, StringComparison.Ordinal));
    }

    private static void AssertRefused(TemporaryFolder folder, string? item, params string[] words)
    {
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Checkpoint.Open(folder.Path).Dispose())!;
        Assert.Multiple(() =>
        {
            Assert.That(item is null || error.Item == item, error.Message);
            foreach (string word in words)
            {
                Assert.That(error.Message, Does.Contain(word));
            }
        });
    }
}
