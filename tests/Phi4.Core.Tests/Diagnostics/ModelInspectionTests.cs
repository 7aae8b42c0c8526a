// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;
using Phi4.Core.Tests.Weights;
using Phi4.Core.Tests.Weights.Hub;
using Phi4.Core.Tests.Configuration;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Diagnostics;

[TestFixture]
public sealed class ModelInspectionTests
{
    private static readonly TestCaseData[] Siblings =
    [
        new("phi-4", SiblingConfigs.Phi4, 243, 14_659_507_200L),
        new("phi-4-mini", SiblingConfigs.Phi4Mini, 194, 3_836_021_760L),
        new("unsloth/phi-4", SiblingConfigs.UnslothPhi4, 363, 14_659_507_200L),
        new("Llama-3.3-70B", SiblingConfigs.Llama70B, 723, 70_553_706_496L),
        new("Qwen2.5-14B", SiblingConfigs.Qwen14B, 579, 14_770_033_664L),
    ];

    [Test]
    public void Inspect_Phi4ConfigAlone_GivesItsPublishedNumbers()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", SiblingConfigs.Phi4);
        ModelInspection model = ModelInspection.Inspect(folder["config.json"]);
        Assert.Multiple(() =>
        {
            Assert.That(model.ParameterCount, Is.EqualTo(14_659_507_200));
            Assert.That(model.WeightBytes, Is.EqualTo(29_319_014_400));
            Assert.That(model.PlanMemory(DType.BF16).KvBytesPerToken, Is.EqualTo(204_800));
            Assert.That(model.EndTokenIds, Is.EqualTo(new[] { 100257, 100265 }));
            Assert.That(model.HasWeights, Is.False);
            Assert.That(model.WeightFiles, Is.Empty);
            Assert.That(model.Tensors[0].Signature, Is.EqualTo("BF16 [100352, 5120]"));
        });
    }

    [TestCaseSource(nameof(Siblings))]
    public void Inspect_SiblingFolderWithoutWeights_ImpliesTensorsThatAddUp(string name, string json, int tensorCount, long parameterCount)
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", json);
        ModelInspection model = ModelInspection.Inspect(folder.Path);
        Assert.Multiple(() =>
        {
            Assert.That(model.Tensors, Has.Count.EqualTo(tensorCount), name);
            Assert.That(model.Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (a, b) => a * b)), Is.EqualTo(parameterCount), name);
            Assert.That(model.Tensors.Select(tensor => tensor.Name), Is.Unique);
        });
    }

    [Test]
    public void Inspect_GoldenModels_FindsWeightsThatAgree([ValueSource(typeof(Goldens), nameof(Goldens.ModelNames))] string name)
    {
        ModelInspection model = ModelInspection.Inspect(Goldens.Model(name));
        Assert.Multiple(() =>
        {
            Assert.That(model.HasWeights, Is.True);
            Assert.That(model.Problems, Is.Empty);
            Assert.That(model.WeightBytes, Is.EqualTo(model.ParameterCount * model.Config.DType.SizeInBytes()));
            Assert.That(model.WeightFiles, Has.Count.EqualTo(name == "tiny-phi4-sharded" ? 3 : 1));
            Assert.That(model.EndTokenIds, Is.EqualTo(new[] { 2 }));
        });
    }

    [Test]
    public void Inspect_WeightsOfAnotherModel_ListsTheDifferences()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", SiblingConfigs.Edit(File.ReadAllText(Path.Combine(Goldens.Model("tiny-phi4"), "config.json")), """{ "num_hidden_layers": 5 }"""));
        File.Copy(Path.Combine(Goldens.Model("tiny-phi4"), "model.safetensors"), folder["model.safetensors"]);
        Assert.That(ModelInspection.Inspect(folder.Path).Problems, Has.Count.EqualTo(6));
    }

    [Test]
    public void Inspect_NoConfig_NamesTheFile()
    {
        using TemporaryFolder folder = new();
        Assert.That(() => ModelInspection.Inspect(folder.Path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("config.json"));
    }

    [Test]
    public void Inspect_PackedWeights_SaysWhatTheyAreAndBecome()
    {
        using TemporaryFolder folder = new();
        TinyCheckpoint files = new(HubConfigs.Parse(HubConfigs.Gptq(4, 32)));
        foreach (int layer in (int[])[0, 1])
        {
            files.Gptq($"model.layers.{layer}.mlp.down_proj", IntegerMatrixSpec.Random(64, 96, 4, 32, isCentered: true, DType.F16));
        }

        files.WriteSingle(folder);
        folder.Write("config.json", HubConfigs.Model(HubConfigs.Gptq(4, 32)));
        ModelInspection model = ModelInspection.Inspect(folder.Path);
        WeightKind kind = model.QuantizedWeights.Single();
        Assert.Multiple(() =>
        {
            Assert.That(model.Problems, Is.Empty);
            Assert.That(model.Config.PackedWeights!.Description, Is.EqualTo("GPTQ, 4 bits, a scale for 32 inputs"));
            Assert.That((kind.Stored, kind.Becomes, kind.Count, kind.BitsPerWeight), Is.EqualTo(("GPTQ int4, groups of 32", "int4, codes kept", 2, 4.5)));
            Assert.That(kind.StoredBytes, Is.EqualTo(2 * ((64 * 96 / 2) + (3 * 64 * 2) + (3 * 64 / 2) + (96 * 4))));
            MemoryPlan plan = model.PlanMemory(DType.F32, 16);
            Assert.That(plan.ConvertedWeightBytes, Is.EqualTo(2 * 64 * 96 * 9 / 16), "codes and scales in memory of their own");
            Assert.That(plan.WeightBytes, Is.EqualTo(model.WeightBytes - kind.StoredBytes), "the floats stay mapped");
        });
    }

    [Test]
    public void Inspect_PackedConfigAlone_PlansForItsBits()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", SiblingConfigs.Edit(SiblingConfigs.Phi4, $$"""{ "quantization_config": {{HubConfigs.Gptq(4, 128)}} }"""));
        MemoryPlan plan = ModelInspection.Inspect(folder.Path).PlanMemory(DType.BF16, 4096);
        long matrices = 14_659_507_200 - (2L * 100_352 * 5120) - (81L * 5120);
        long allocated = 40 * new[] { 7680L * 5120, 5120L * 5120, 35840L * 5120, 5120L * 17920 }.Sum(count => HugePages.Round(count * 9 / 16));
        Assert.That((plan.ConvertedWeightBytes, plan.WeightBytes), Is.EqualTo((allocated, 2 * (14_659_507_200 - matrices))));
    }

    [Test]
    public void Inspect_GgufFile_ListsItsTensorsAndWhatTheyBecome()
    {
        using TemporaryFolder folder = new();
        ModelInspection model = ModelInspection.Inspect(SmallGguf.Write(folder));
        Assert.Multiple(() =>
        {
            Assert.That((model.HasWeights, model.Problems.Count, model.WeightFiles.Single()), Is.EqualTo((true, 0, folder["small.gguf"])));
            Assert.That(model.Tensors.Single(tensor => tensor.Name == "model.layers.0.self_attn.qkv_proj.weight").Signature, Is.EqualTo("Q4_0 [128, 64]"));
            Assert.That(model.Tensors.Single(tensor => tensor.Name == "model.norm.weight").Signature, Is.EqualTo("F32 [64]"));
            string[] kinds = [.. model.QuantizedWeights.Select(kind => $"{kind.Count} {kind.Stored}: {kind.Becomes}")];
            Assert.That(kinds, Is.EquivalentTo(new[] { "3 Q8_0: int8, codes kept", "2 Q4_0: int4, codes kept", "1 Q4_1: int4 with offsets, codes kept" }));
        });
    }
}
