// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
public sealed class WeightLoaderTests
{
    [Test]
    public void Load_GoldenModels_GivesEveryRoleItsShape([ValueSource(typeof(Goldens), nameof(Goldens.ModelNames))] string name)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(Goldens.Model(name), ModelConfigReader.FileName));
        using ModelWeights weights = WeightLoader.Load(config, Goldens.Model(name));
        int queryRows = config.HeadCount * config.HeadSize;
        int keyRows = config.KvHeadCount * config.HeadSize;
        Assert.Multiple(() =>
        {
            AssertShape(weights.Embedding, config.VocabSize, config.HiddenSize);
            AssertShape(weights.Head, config.VocabSize, config.HiddenSize);
            AssertShape(weights.FinalNorm, 1, config.HiddenSize);
            Assert.That(weights.Head.Values == weights.Embedding, Is.EqualTo(config.TieWordEmbeddings));
            Assert.That(weights.Layers, Has.Count.EqualTo(config.LayerCount));
            foreach (LayerWeights layer in weights.Layers)
            {
                AssertShape(layer.InputNorm, 1, config.HiddenSize);
                AssertShape(layer.Query, queryRows, config.HiddenSize);
                AssertShape(layer.Key, keyRows, config.HiddenSize);
                AssertShape(layer.Value, keyRows, config.HiddenSize);
                AssertShape(layer.Output, config.HiddenSize, queryRows);
                AssertShape(layer.PostAttentionNorm, 1, config.HiddenSize);
                AssertShape(layer.Gate, config.MlpSize, config.HiddenSize);
                AssertShape(layer.Up, config.MlpSize, config.HiddenSize);
                AssertShape(layer.Down, config.HiddenSize, config.MlpSize);
                Assert.That(layer.QueryBias.IsNone && layer.KeyBias.IsNone && layer.ValueBias.IsNone, Is.True);
            }
        });

        void AssertShape(WeightView view, int rows, int columns) =>
            Assert.That((view.Rows, view.Columns, view.Values.DType, view.IsNone), Is.EqualTo((rows, columns, config.DType, false)));
    }

    [Test]
    public void Load_SingleFileOrShards_GivesTheSameBytes([Values("Phi3ForCausalLM", "LlamaForCausalLM", "Qwen2ForCausalLM")] string architecture)
    {
        ModelConfig config = TinyCheckpoint.Config(architecture);
        TinyCheckpoint tiny = new(config);
        using TemporaryFolder single = new();
        using TemporaryFolder sharded = new();
        tiny.WriteSingle(single);
        tiny.WriteShards(sharded, 3);
        using ModelWeights a = WeightLoader.Load(config, single.Path);
        using ModelWeights b = WeightLoader.Load(config, sharded.Path);
        Assert.That(Views(a).Select(Copy), Is.EqualTo(Views(b).Select(Copy)));
    }

    [Test]
    public void Load_FusedTensors_AreRowRangesInOrder()
    {
        ModelConfig config = TinyCheckpoint.Config("Phi3ForCausalLM");
        TinyCheckpoint tiny = new(config);
        using TemporaryFolder folder = new();
        tiny.WriteSingle(folder);
        using ModelWeights weights = WeightLoader.Load(config, folder.Path);
        LayerWeights layer = weights.Layers[1];
        Assert.Multiple(() =>
        {
            Assert.That(Copy(layer.Query.Values).Concat(Copy(layer.Key.Values)).Concat(Copy(layer.Value.Values)), Is.EqualTo(tiny.Tensors["model.layers.1.self_attn.qkv_proj.weight"].Data));
            Assert.That(Copy(layer.Gate.Values).Concat(Copy(layer.Up.Values)), Is.EqualTo(tiny.Tensors["model.layers.1.mlp.gate_up_proj.weight"].Data));
            Assert.That((layer.Query.Rows, layer.Key.Rows, layer.Value.Rows), Is.EqualTo((32, 16, 16)));
        });
    }

    [Test]
    public void Load_Qwen_HasItsBiases()
    {
        ModelConfig config = TinyCheckpoint.Config("Qwen2ForCausalLM");
        TinyCheckpoint tiny = new(config);
        using TemporaryFolder folder = new();
        tiny.WriteSingle(folder);
        using ModelWeights weights = WeightLoader.Load(config, folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(Copy(weights.Layers[1].QueryBias), Is.EqualTo(tiny.Tensors["model.layers.1.self_attn.q_proj.bias"].Data));
            Assert.That(Copy(weights.Layers[1].KeyBias), Is.EqualTo(tiny.Tensors["model.layers.1.self_attn.k_proj.bias"].Data));
            Assert.That(Copy(weights.Layers[1].ValueBias), Is.EqualTo(tiny.Tensors["model.layers.1.self_attn.v_proj.bias"].Data));
        });
    }

    [Test]
    public void Load_MixedElementTypes_KeepsEach()
    {
        ModelConfig config = TinyCheckpoint.Config("Phi3ForCausalLM");
        TinyCheckpoint tiny = new(config);
        tiny.Set("model.layers.0.mlp.down_proj.weight", DType.BF16, [16, 24]);
        tiny.Set("lm_head.weight", DType.F16, [40, 16]);
        using TemporaryFolder folder = new();
        tiny.WriteSingle(folder);
        using ModelWeights weights = WeightLoader.Load(config, folder.Path);
        Assert.That((weights.Layers[0].Down.Values.DType, weights.Head.Values.DType, weights.Embedding.DType), Is.EqualTo((DType.BF16, DType.F16, DType.F32)));
    }

    [Test]
    public void Load_RotaryBuffersOfOldCheckpoints_AreLetThrough()
    {
        ModelConfig config = TinyCheckpoint.Config("LlamaForCausalLM");
        TinyCheckpoint tiny = new(config);
        tiny.Set("model.layers.0.self_attn.rotary_emb.inv_freq", DType.F32, [4]);
        using TemporaryFolder folder = new();
        tiny.WriteSingle(folder);
        Assert.That(() => WeightLoader.Load(config, folder.Path).Dispose(), Throws.Nothing);
    }

    [Test]
    public void Load_Progress_CountsEveryTensorAndByte([Values] bool readEverything)
    {
        ModelConfig config = TinyCheckpoint.Config("Phi3ForCausalLM");
        TinyCheckpoint tiny = new(config);
        using TemporaryFolder folder = new();
        tiny.WriteShards(folder, 3);
        Reports reports = new();
        WeightLoadOptions options = new() { Progress = reports, ReadsEverything = readEverything };
        using ModelWeights weights = WeightLoader.Load(config, folder.Path, options);
        long total = config.ParameterCount * 4;
        Assert.Multiple(() =>
        {
            Assert.That(reports.All.Select(report => report.Tensor).OfType<string>(), Is.EquivalentTo(tiny.Tensors.Keys));
            Assert.That(reports.All, Has.All.Property("BytesTotal").EqualTo(total).And.All.Property("TensorsTotal").EqualTo(tiny.Tensors.Count));
            Assert.That(reports.All.Select(report => report.BytesDone), Is.Ordered);
            Assert.That(reports.All[^1], Is.EqualTo(new LoadProgress(total, total, tiny.Tensors.Count, tiny.Tensors.Count, null)));
        });
    }

    [Test]
    public void Load_CancelledOnTheWay_ThrowsAndLeavesTheFilesFree()
    {
        ModelConfig config = TinyCheckpoint.Config("Phi3ForCausalLM");
        using TemporaryFolder folder = new();
        new TinyCheckpoint(config).WriteShards(folder, 2);
        using CancellationTokenSource cancellation = new();
        Reports reports = new() { OnReport = report => { if (report.TensorsDone == 3) { cancellation.Cancel(); } } };
        Assert.That(
            () => WeightLoader.Load(config, folder.Path, new WeightLoadOptions { Progress = reports }, cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(reports.All, Has.Count.EqualTo(3));
        Assert.That(() => File.Open(folder["model-00001-of-00002.safetensors"], FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose(), Throws.Nothing);
    }

    private static IEnumerable<TensorView> Views(ModelWeights weights) =>
    [
        weights.Embedding, weights.FinalNorm, weights.Head.Values,
        .. weights.Layers.SelectMany(layer => new[]
        {
            layer.InputNorm, layer.Query.Values, layer.Key.Values, layer.Value.Values, layer.QueryBias, layer.KeyBias, layer.ValueBias, layer.Output.Values,
            layer.PostAttentionNorm, layer.Gate.Values, layer.Up.Values, layer.Down.Values,
        }),
    ];

    private static unsafe byte[] Copy(TensorView view) =>
        view.IsNone ? [] : new ReadOnlySpan<byte>((void*)view.Address, checked((int)(view.Count * view.DType.SizeInBytes()))).ToArray();

    private sealed class Reports : IProgress<LoadProgress>
    {
        public List<LoadProgress> All { get; } = [];

        public Action<LoadProgress>? OnReport { get; init; }

        public void Report(LoadProgress value)
        {
            All.Add(value);
            OnReport?.Invoke(value);
        }
    }
}
