// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
internal sealed class BlockCheckpointTests
{
    private static readonly string[] Architectures = ["Phi3ForCausalLM", "LlamaForCausalLM", "Qwen2ForCausalLM"];

    [Test]
    public void Load_WhatWasQuantizedBefore_HasTheBitsOfQuantizingWhileLoading(
        [ValueSource(nameof(Architectures))] string architecture, [Values(WeightType.Int8, WeightType.Int4)] WeightType type, [Values] bool tied)
    {
        using BlockFolder folder = new(WeightTypeTests.SoundConfig(architecture, tied), WeightPlan.Of(type, null));
        using ModelWeights mapped = folder.Load();
        using ModelWeights quantized = folder.LoadFloats();
        AssertSameBits(mapped, quantized);
    }

    [TestCase(WeightType.AsStored)]
    [TestCase(WeightType.BF16)]
    [TestCase(WeightType.Int4)]
    public void Load_AHeadOfItsOwnType_HasTheBitsOfQuantizingWhileLoading(WeightType head)
    {
        using BlockFolder folder = new(WeightTypeTests.SoundConfig("Phi3ForCausalLM", tied: false), WeightPlan.Of(WeightType.Int4, head));
        using ModelWeights mapped = folder.Load();
        using ModelWeights quantized = folder.LoadFloats();
        AssertSameBits(mapped, quantized);
    }

    [Test]
    public void Load_ManyShards_AreTheSameModel()
    {
        using BlockFolder folder = new(WeightTypeTests.SoundConfig("Phi3ForCausalLM", tied: false), WeightPlan.Of(WeightType.Int4, null), shardBytes: 2000);
        Assert.That(Directory.GetFiles(folder.Path, "model-*-of-*.safetensors"), Has.Length.GreaterThan(3));
        using ModelWeights mapped = folder.Load();
        using ModelWeights quantized = folder.LoadFloats();
        AssertSameBits(mapped, quantized);
    }

    [Test]
    public void Load_Blocks_AreMappedAndAligned([Values(WeightType.Int8, WeightType.Int4)] WeightType type, [Values] bool tied)
    {
        // 47 tiles of 3 blocks: an odd number of half cache lines.
        ModelConfig config = WeightTypeTests.SoundConfig("LlamaForCausalLM", tied) with { HiddenSize = 80, VocabSize = 750 };
        using BlockFolder folder = new(config, WeightPlan.Of(type, null));
        using IWeightSource source = WeightSources.Open(folder.Config, folder.Path);
        WeightBytes bytes = WeightBytes.Count(folder.Config, WeightPlan.AsStored, source);
        using ModelWeights weights = folder.Load();
        WeightView[] matrices = [weights.Head, .. weights.Layers.SelectMany(layer => new[] { layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Up, layer.Down })];
        Assert.Multiple(() =>
        {
            Assert.That(bytes, Is.EqualTo(new WeightBytes(folder.ByteCount, 0)));
            Assert.That(matrices.Select(view => (long)view.Values.Address % 32), Has.All.Zero);
            Assert.That(matrices.Select(view => view.IsFloat), Has.All.False);
        });
    }

    [Test]
    public void Quantize_BlocksAgain_TakesTheirValues()
    {
        using BlockFolder folder = new(WeightTypeTests.SoundConfig("Phi3ForCausalLM", tied: false), WeightPlan.Of(WeightType.Int8, null));
        using ModelWeights eight = folder.Load();
        using ModelWeights four = WeightLoader.Load(folder.Config, folder.Path, new WeightLoadOptions { Plan = WeightPlan.Of(WeightType.Int4, null) });
        double[] a = WeightValues.Read(eight.Layers[1].Down);
        double[] b = WeightValues.Read(four.Layers[1].Down);
        Assert.That(four.Layers[1].Down.Format, Is.EqualTo(WeightFormat.Int4));
        Assert.That(Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / a.Sum(x => x * x)), Is.InRange(0.01, 0.09));
    }

    [Test]
    public void Write_AForeignFormat_KeepsItsTablesAndOffsets()
    {
        using TemporaryFolder folder = new();
        string path = SmallGguf.Write(folder);
        string blocks = folder["blocks"];
        Directory.CreateDirectory(blocks);
        using GgufSource source = GgufSource.Open(path);
        using BlockCheckpoint checkpoint = new(source.Config, source, new WeightLoadOptions(), default);
        Assert.That(checkpoint.Write(blocks, long.MaxValue), Has.All.Null, "nothing is quantized anew");
        ModelConfig config = ModelConfigReader.Parse(ModelConfigWriter.Write(source.Config, checkpoint.Blocks!), "config.json");
        using ModelWeights mapped = WeightLoader.Load(config, blocks);
        using ModelWeights direct = WeightLoader.Load(source.Config, GgufSource.Open(path), new WeightLoadOptions(), default);
        Assert.That(mapped.Layers[0].Down.HasOffsets);
        AssertSameBits(mapped, direct);
        Assert.That(WeightValues.Read(mapped.Layers[0].Output), Is.EqualTo(SmallGguf.Output).AsCollection);
    }

    private static unsafe void AssertSameBits(ModelWeights found, ModelWeights expected)
    {
        Assert.That(Bytes(found.Embedding), Is.EqualTo(Bytes(expected.Embedding)));
        Assert.That(Bytes(found.Head), Is.EqualTo(Bytes(expected.Head)));
        for (int i = 0; i < expected.Layers.Count; i++)
        {
            Assert.That(Views(found.Layers[i]).Select(Bytes), Is.EqualTo(Views(expected.Layers[i]).Select(Bytes)), $"layer {i}");
        }

        static WeightView[] Views(LayerWeights layer) =>
        [
            layer.InputNorm, layer.Query, layer.Key, layer.Value, layer.QueryBias, layer.KeyBias, layer.ValueBias, layer.Output, layer.PostAttentionNorm,
            layer.Gate, layer.Up, layer.Down,
        ];

        static string Bytes(WeightView view)
        {
            if (view.IsNone)
            {
                return "";
            }

            return $"{view} {view.Table} {Hex(view.Values.Address, view.ByteCount)}";
        }

        static string Hex(nint address, long count) => Convert.ToHexString(new ReadOnlySpan<byte>((void*)address, (int)count));
    }
}
