// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
internal sealed class WeightTypeTests
{
    private static readonly string[] Architectures = ["Phi3ForCausalLM", "LlamaForCausalLM"];

    [Test]
    public void Load_IntegerTypes_QuantizeLayersAndHeadOnly(
        [ValueSource(nameof(Architectures))] string architecture, [Values(WeightType.Int8, WeightType.Int4)] WeightType type, [Values] bool tied)
    {
        ModelConfig config = SoundConfig(architecture, tied);
        using TemporaryFolder folder = new();
        WriteSound(config, folder);
        using ModelWeights plain = WeightLoader.Load(config, folder.Path);
        using ModelWeights weights = Load(config, folder, type);
        LayerWeights layer = weights.Layers[1];
        WeightFormat format = type == WeightType.Int8 ? WeightFormat.Int8 : WeightFormat.Int4;
        Assert.Multiple(() =>
        {
            WeightView[] matrices = [layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Up, layer.Down];
            Assert.That(matrices.Select(view => view.Format), Has.All.EqualTo(format));
            Assert.That(weights.Head.Format, Is.EqualTo(WeightFormat.Int8));
            Assert.That((weights.Embedding.DType, layer.InputNorm.DType, weights.FinalNorm.DType), Is.EqualTo((DType.F32, DType.F32, DType.F32)));
            Assert.That((layer.Key.Rows, layer.Key.Columns, weights.Head.Rows, weights.Head.Columns), Is.EqualTo((16, 16, 40, 16)));
            double tolerance = type == WeightType.Int8 ? 0.006 : 0.09;
            WeightView[] exact = [plain.Layers[1].Query, plain.Layers[1].Key, plain.Layers[1].Value, plain.Layers[1].Output, plain.Layers[1].Gate, plain.Layers[1].Up, plain.Layers[1].Down];
            for (int i = 0; i < matrices.Length; i++)
            {
                Assert.That(RelativeError(matrices[i], exact[i]), Is.LessThan(tolerance), $"matrix {i}");
            }

            Assert.That(RelativeError(weights.Head, plain.Head), Is.LessThan(0.006));
        });
    }

    [TestCase(WeightType.F32, DType.F32)]
    [TestCase(WeightType.BF16, DType.BF16)]
    [TestCase(WeightType.F16, DType.F16)]
    public void Load_FloatTypes_RoundEveryMatrix(WeightType type, DType dtype)
    {
        ModelConfig config = SoundConfig("Phi3ForCausalLM", tied: false);
        using TemporaryFolder folder = new();
        WriteSound(config, folder);
        using ModelWeights plain = WeightLoader.Load(config, folder.Path);
        using ModelWeights weights = Load(config, folder, type);
        Assert.Multiple(() =>
        {
            Assert.That((weights.Layers[0].Up.Values.DType, weights.Head.Values.DType, weights.Embedding.DType), Is.EqualTo((dtype, dtype, dtype)));
            Assert.That(weights.FinalNorm.DType, Is.EqualTo(DType.F32));
            Assert.That(RelativeError(weights.Layers[0].Up, plain.Layers[0].Up), Is.LessThan(type == WeightType.F32 ? 1e-30 : 4e-3));
        });
    }

    [Test]
    public void Load_HeadOfItsOwnType_IsThatType()
    {
        ModelConfig config = SoundConfig("Phi3ForCausalLM", tied: false);
        using TemporaryFolder folder = new();
        WriteSound(config, folder);
        WeightLoadOptions options = new() { Plan = WeightPlan.Of(WeightType.Int4, WeightType.BF16) };
        using ModelWeights weights = WeightLoader.Load(config, folder.Path, options);
        Assert.That((weights.Layers[0].Down.Format, weights.Head.Values.DType), Is.EqualTo((WeightFormat.Int4, DType.BF16)));
    }

    [Test]
    public void Load_FusedPartsThatAreNoWholeTiles_AreRefusedByName()
    {
        ModelConfig config = SoundConfig("Phi3ForCausalLM", tied: false) with { MlpSize = 24 };
        using TemporaryFolder folder = new();
        WriteSound(config, folder);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Load(config, folder, WeightType.Int8).Dispose())!;
        Assert.That((error.Item, error.Found), Is.EqualTo(("model.layers.0.mlp.gate_up_proj.weight", "parts of 24")));
        Assert.That(() => Load(config, folder, WeightType.BF16).Dispose(), Throws.Nothing);
    }

    [Test]
    public void Load_AWeightThatIsNoNumber_IsRefusedByTensorAndPlace()
    {
        ModelConfig config = SoundConfig("Phi3ForCausalLM", tied: false);
        using TemporaryFolder folder = new();
        TinyCheckpoint tiny = WriteSound(config, folder);
        BitConverter.TryWriteBytes(tiny.Tensors["model.layers.1.mlp.down_proj.weight"].Data.AsSpan(4 * ((3 * 32) + 7)), float.NaN);
        tiny.WriteSingle(folder);
        Assert.That(
            () => Load(config, folder, WeightType.Int4).Dispose(),
            Throws.TypeOf<ModelFormatException>().With.Property("Item").EqualTo("model.layers.1.mlp.down_proj.weight[3, 7]"));
    }

    [Test]
    public void Load_ValuesBeyondF16_AreRefusedInF16()
    {
        ModelConfig config = SoundConfig("Phi3ForCausalLM", tied: false);
        using TemporaryFolder folder = new();
        TinyCheckpoint tiny = WriteSound(config, folder);
        BitConverter.TryWriteBytes(tiny.Tensors["lm_head.weight"].Data.AsSpan(4 * 20), 70000f);
        tiny.WriteSingle(folder);
        Assert.That(() => Load(config, folder, WeightType.F16).Dispose(), Throws.TypeOf<ModelFormatException>().With.Property("Item").EqualTo("lm_head.weight[1, 4]"));
    }

    [Test]
    public void Load_Progress_RisesToTheTotal()
    {
        ModelConfig config = SoundConfig("Phi3ForCausalLM", tied: true);
        using TemporaryFolder folder = new();
        WriteSound(config, folder);
        List<LoadProgress> reports = [];
        WeightLoadOptions options = new() { Plan = WeightPlan.Of(WeightType.Int8, null), Progress = new Reports(reports) };
        using ModelWeights weights = WeightLoader.Load(config, folder.Path, options);
        Assert.Multiple(() =>
        {
            Assert.That(reports.Select(report => report.BytesDone), Is.Ordered);
            Assert.That(reports[^1].BytesDone, Is.EqualTo(reports[^1].BytesTotal));
            Assert.That(reports[^1].TensorsDone, Is.EqualTo(reports[^1].TensorsTotal));
            Assert.That(reports[^1].Tensor, Is.Null);
        });
    }

    [Test]
    public void Count_EachType_IsWhatLoadingAllocates([Values] WeightType type, [Values] bool tied)
    {
        ModelConfig config = SoundConfig("Phi3ForCausalLM", tied);
        using TemporaryFolder folder = new();
        WriteSound(config, folder);
        WeightPlan plan = WeightPlan.Of(type, null);
        using IWeightSource source = WeightSources.Open(config, folder.Path);
        WeightBytes found = WeightBytes.Count(config, plan, source);
        using ModelWeights weights = Load(config, folder, type);
        LayerWeights[] layers = [.. weights.Layers];
        long expected = new[] { weights.Embedding, weights.FinalNorm, weights.Head }
            .Concat(layers.SelectMany(layer => new[] { layer.InputNorm, layer.PostAttentionNorm, layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Up, layer.Down }))
            .DistinctBy(view => view.Values.Address).Sum(Bytes);
        Assert.Multiple(() =>
        {
            Assert.That(found.Total, Is.EqualTo(expected));
            Assert.That(WeightBytes.Count(config, plan, null), Is.EqualTo(found), "the configuration alone tells the same");
            Assert.That(found.Allocated == 0, Is.EqualTo(type is WeightType.AsStored or WeightType.F32));
        });
    }

    internal static ModelConfig SoundConfig(string architecture, bool tied) => TinyCheckpoint.Config(architecture, tied) with { MlpSize = 32 };

    /// <summary>A tiny checkpoint whose floats are normal values of some tenths.</summary>
    internal static TinyCheckpoint WriteSound(ModelConfig config, TemporaryFolder folder)
    {
        TinyCheckpoint tiny = new(config);
        ulong seed = 1;
        foreach ((DType dtype, long[] shape, byte[] data) in tiny.Tensors.Values)
        {
            FloatCodec.Narrow([.. Quantization.Gaussian.Values(data.Length / dtype.SizeInBytes(), seed++).Select(value => value / 8)], dtype, data);
        }

        tiny.WriteSingle(folder);
        return tiny;
    }

    private static ModelWeights Load(ModelConfig config, TemporaryFolder folder, WeightType type) =>
        WeightLoader.Load(config, folder.Path, new WeightLoadOptions { Plan = WeightPlan.Of(type, null) });

    private static long Bytes(WeightView view) => view.IsFloat
        ? view.Values.Count * view.Values.DType.SizeInBytes()
        : view.ByteCount;

    private static double RelativeError(WeightView found, WeightView exact)
    {
        double[] a = WeightValues.Read(found);
        double[] b = WeightValues.Read(exact);
        return Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / b.Sum(y => y * y));
    }

    private sealed class Reports(List<LoadProgress> all) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => all.Add(value);
    }
}
