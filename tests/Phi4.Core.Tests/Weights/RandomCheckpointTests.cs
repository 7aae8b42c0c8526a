// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Text;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Core.Tests.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.RandomCheckpoint;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Weights;

/// <summary>tools/random-checkpoint: its files are a real checkpoint's in everything but the values.</summary>
[TestFixture]
public sealed class RandomCheckpointTests
{
    [Test]
    public void Split_Phi4_GivesThePublishedShardSizes()
    {
        ModelConfig config = ModelConfigReader.Parse(Encoding.UTF8.GetBytes(SiblingConfigs.Phi4), "config.json");
        IReadOnlyList<Shard> shards = ShardPlan.Split(CheckpointLayout.Tensors(config), config.DType, 5_000_000_000);
        Assert.Multiple(() =>
        {
            Assert.That(shards.Select(shard => Math.Round(shard.ByteCount / 1e9, 2)), Is.EqualTo(new[] { 4.93, 4.95, 4.90, 4.77, 4.77, 4.99 }));
            Assert.That(shards[5].FileName, Is.EqualTo("model-00006-of-00006.safetensors"));
            Assert.That(shards[1].Tensors[0].Name, Is.EqualTo("model.layers.5.mlp.down_proj.weight"));
            Assert.That(shards[2].Tensors[0].Name, Is.EqualTo("model.layers.13.self_attn.o_proj.weight"));
        });
    }

    [Test]
    public void Write_Tiny_LoadsAndAgreesWithItsConfig([Values("bf16", "f16", "f32")] string dtype, [Values("5e9", "200000")] string shardSize)
    {
        using TemporaryFolder folder = new();
        Write(folder, "--dtype", dtype, "--shard-size", shardSize);
        ModelInspection model = ModelInspection.Inspect(folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(model.Problems, Is.Empty);
            Assert.That(model.WeightFiles.Count, shardSize == "5e9" ? Is.EqualTo(1) : Is.GreaterThan(3));
            Assert.That(model.Tensors, Has.All.Property("DType").EqualTo(model.Config.DType));
            Assert.That(model.WeightBytes, Is.EqualTo(model.ParameterCount * (dtype == "f32" ? 4 : 2)));
        });
    }

    [Test]
    public void Write_FusedOrSeparate_IsTheSameModel()
    {
        using TemporaryFolder fused = new();
        using TemporaryFolder separate = new();
        Write(fused, "--seed", "5");
        Write(separate, "--seed", "5", "--layout", "separate");
        using ModelWeights a = Load(fused);
        using ModelWeights b = Load(separate);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllText(separate["config.json"]), Does.Contain("LlamaForCausalLM"));
            for (int i = 0; i < a.Layers.Count; i++)
            {
                foreach (Func<LayerWeights, WeightView> role in new Func<LayerWeights, WeightView>[]
                    { l => l.Query, l => l.Key, l => l.Value, l => l.Gate, l => l.Up, l => l.Down, l => l.Output, l => l.InputNorm })
                {
                    Assert.That(Copy(role(a.Layers[i]).Values), Is.EqualTo(Copy(role(b.Layers[i]).Values)));
                }
            }
        });
    }

    [Test]
    public void Write_AnotherSeedOrTensor_GivesOtherValues()
    {
        using TemporaryFolder one = new();
        using TemporaryFolder two = new();
        Write(one);
        Write(two, "--seed", "1");
        using ModelWeights a = Load(one);
        using ModelWeights b = Load(two);
        Assert.Multiple(() =>
        {
            Assert.That(Copy(a.Head.Values), Is.Not.EqualTo(Copy(b.Head.Values)));
            Assert.That(Copy(a.Head.Values), Is.Not.EqualTo(Copy(a.Embedding)));
        });
    }

    [Test]
    public void Fill_AnyPiece_EqualsTheSameRunOfTheWhole([Values(DType.BF16, DType.F16, DType.F32)] DType dtype, [Values(0L, 4294967290L)] long offset)
    {
        RandomValues values = new(7, "stream");
        int size = dtype.SizeInBytes();
        byte[] whole = new byte[1000 * size];
        values.Fill(whole, dtype, offset);
        byte[] part = new byte[123 * size];
        values.Fill(part, dtype, offset + 77);
        Assert.That(part, Is.EqualTo(whole[(77 * size)..(200 * size)]));
    }

    [Test]
    public void Fill_ManyValues_HasTheWantedMeanAndDeviation()
    {
        float[] sample = new float[1_000_000];
        new RandomValues(0, "x").Fill(MemoryMarshal.AsBytes(sample.AsSpan()), DType.F32, 0);
        double mean = sample.Average(value => (double)value);
        double deviation = Math.Sqrt(sample.Average(value => (value - mean) * (value - mean)));
        Assert.That(mean, Is.Zero.Within(1e-4));
        Assert.That(deviation, Is.EqualTo(0.02).Within(1e-4));
    }

    [Test]
    public void Write_FolderWithWeights_IsRefused()
    {
        using TemporaryFolder folder = new();
        Write(folder);
        Assert.That(() => Write(folder), Throws.TypeOf<IOException>().With.Message.Contains("there already"));
    }

    [Test]
    public void Write_FolderWithAnotherConfig_IsRefusedAndKeepsIt()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", "{}");
        Assert.That(() => Write(folder), Throws.TypeOf<IOException>().With.Message.Contains("config.json"));
        Assert.That(File.ReadAllText(folder["config.json"]), Is.EqualTo("{}"));
    }

    [Test]
    public void Write_DiskTooSmall_IsRefusedBeforeAnythingIsWritten()
    {
        using TemporaryFolder folder = new();
        folder.Write("in/config.json", SiblingConfigs.Edit(SiblingConfigs.Phi4, """{ "num_hidden_layers": 4096, "intermediate_size": 16777216 }"""));
        CheckpointSpec spec = CheckpointSpec.Create(Arguments.Parse(["--config", folder["in/config.json"], "--out", folder["out"]]));
        Assert.That(() => RandomCheckpointWriter.Write(spec, null, default), Throws.TypeOf<IOException>().With.Message.Contains("are free"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder["out"]), Is.Empty);
    }

    [Test]
    public void Write_Cancelled_LeavesNoFile()
    {
        using TemporaryFolder folder = new();
        CheckpointSpec spec = CheckpointSpec.Create(Arguments.Parse(["--preset", "tiny", "--out", folder.Path]));
        Assert.That(() => RandomCheckpointWriter.Write(spec, null, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.EnumerateFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Write_FromAConfigFile_CopiesItAndItsGenerationConfig()
    {
        using TemporaryFolder folder = new();
        string golden = Goldens.Model("tiny-phi4-mini");
        RandomCheckpointWriter.Write(CheckpointSpec.Create(Arguments.Parse(["--config", Path.Combine(golden, "config.json"), "--out", folder.Path])), null, default);
        Assert.Multiple(() =>
        {
            Assert.That(File.ReadAllBytes(folder["config.json"]), Is.EqualTo(File.ReadAllBytes(Path.Combine(golden, "config.json"))));
            Assert.That(File.ReadAllBytes(folder["generation_config.json"]), Is.EqualTo(File.ReadAllBytes(Path.Combine(golden, "generation_config.json"))));
            Assert.That(ModelInspection.Inspect(folder.Path).Problems, Is.Empty);
        });
    }

    [TestCase("--preset", "tiny")]
    [TestCase("--out", "x")]
    [TestCase("--out", "x", "--preset", "phi-5")]
    [TestCase("--out", "x", "--preset", "tiny", "--config", "y")]
    [TestCase("--out", "x", "--preset", "tiny", "--dtype", "int4")]
    [TestCase("--out", "x", "--preset", "tiny", "--layout", "odd")]
    [TestCase("--out", "x", "--preset", "tiny", "--seed", "-1")]
    [TestCase("--out", "x", "--preset", "tiny", "--shard-size", "none")]
    [TestCase("--out", "x", "--preset", "tiny", "--verbose", "1")]
    [TestCase("--out", "x", "--preset")]
    public void Parse_BadArguments_AreRefused(params string[] args) =>
        Assert.That(() => CheckpointSpec.Create(Arguments.Parse(args)), Throws.ArgumentException);

    private static void Write(TemporaryFolder folder, params string[] more) =>
        RandomCheckpointWriter.Write(CheckpointSpec.Create(Arguments.Parse(["--preset", "tiny", "--out", folder.Path, .. more])), null, default);

    private static ModelWeights Load(TemporaryFolder folder) => WeightLoader.Load(ModelConfigReader.Read(folder["config.json"]), folder.Path);

    private static unsafe byte[] Copy(TensorView view) =>
        new ReadOnlySpan<byte>((void*)view.Address, checked((int)(view.Count * view.DType.SizeInBytes()))).ToArray();
}
