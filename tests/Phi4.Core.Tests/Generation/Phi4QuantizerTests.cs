// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Core.Generation;
using Phi4.Core.Tests.Weights.Hub;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Generation;

[TestFixture]
internal sealed class Phi4QuantizerTests
{
    [TestCase(WeightType.Int8)]
    [TestCase(WeightType.Int4)]
    public async Task Quantize_TheSampleModel_AnswersAsIfQuantizedWhileLoading(WeightType type)
    {
        using TemporaryFolder folder = new();
        QuantizationReport report = await Phi4Quantizer.QuantizeAsync(Samples.Model, folder["out"], new QuantizationOptions { Weights = type });
        await using Phi4Model mapped = await Phi4Model.LoadAsync(folder["out"]);
        await using Phi4Model quantized = await Phi4Model.LoadAsync(Samples.Model, new Phi4LoadOptions { Weights = type });
        Prompt prompt = Prompt.FromUser("What is 12 + 30?");
        GenerationResult found = await mapped.CompleteAsync(prompt);
        GenerationResult expected = await quantized.CompleteAsync(prompt);
        TokenScores scores = await mapped.ScoreAsync(Prompt.FromTokens(expected.TokenIds), includeLastLogits: true);
        TokenScores expectedScores = await quantized.ScoreAsync(Prompt.FromTokens(expected.TokenIds), includeLastLogits: true);
        Assert.Multiple(() =>
        {
            Assert.That(found.Text, Is.EqualTo(expected.Text).And.Contains("42"));
            Assert.That(scores.LastLogits!.Value.ToArray(), Is.EqualTo(expectedScores.LastLogits!.Value.ToArray()));
            Assert.That(mapped.Footprint.WeightBytes, Is.EqualTo(quantized.Footprint.WeightBytes).And.EqualTo(report.ByteCount));
            Assert.That(mapped.EndTokenIds, Is.EqualTo(quantized.EndTokenIds));
        });
    }

    [Test]
    public async Task Quantize_Report_CountsBitsAndLosses()
    {
        using TemporaryFolder folder = new();
        QuantizationReport report = await Phi4Quantizer.QuantizeAsync(Samples.Model, folder["out"]);
        TensorQuantization down = report.Tensors.Single(tensor => tensor.Name == "model.layers.2.mlp.down_proj.weight");
        TensorQuantization norm = report.Tensors.Single(tensor => tensor.Name == "model.norm.weight");
        Assert.Multiple(() =>
        {
            Assert.That((down.Stored, down.Kept, down.BitsPerWeight), Is.EqualTo(("BF16", "Int4", 4.5)));
            Assert.That(down.Loss!.Relative, Is.InRange(0.06, 0.08).And.EqualTo(down.Loss.Weighted).Within(1e-6), "nothing was calibrated");
            Assert.That((norm.Kept, norm.BitsPerWeight, norm.Loss), Is.EqualTo(("BF16", 16.0, (QuantizationLoss?)null)));
            Assert.That(report.Count, Is.EqualTo(2_689_280), "every weight counts");
            Assert.That(report.BitsPerWeight, Is.EqualTo(8.0 * new FileInfo(folder["out/model.safetensors"]).Length / report.Count).Within(0.05));
            Assert.That(report.HasTokenizer);
        });
    }

    [Test]
    public void Quantize_ToWhereSomethingIs_IsRefusedAndLeavesIt()
    {
        using TemporaryFolder folder = new();
        folder.Write("out/precious.txt", "mine");
        Assert.That(() => Phi4Quantizer.QuantizeAsync(Samples.Model, folder["out"]), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(() => Phi4Quantizer.QuantizeAsync(Samples.Model, folder["out/precious.txt"]), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories), Has.Length.EqualTo(2));
        Assert.That(File.ReadAllText(folder["out/precious.txt"]), Is.EqualTo("mine"));
    }

    [Test]
    public void Quantize_CancelledOnTheWay_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        CancelAt progress = new(stop, tensorCount: 7);
        Assert.That(
            () => Phi4Quantizer.QuantizeAsync(Samples.Model, folder["out"], null, progress, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(progress.TensorsDone, Is.EqualTo(7));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Quantize_AWeightThatIsNoNumber_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        string input = folder["in"];
        Directory.CreateDirectory(input);
        foreach (string file in Directory.GetFiles(Goldens.Model("tiny-phi4")))
        {
            File.Copy(file, Path.Combine(input, Path.GetFileName(file)));
        }

        byte[] weights = File.ReadAllBytes(Path.Combine(input, "model.safetensors"));
        Array.Fill<byte>(weights, 0xff, weights.Length / 2, 4);
        File.WriteAllBytes(Path.Combine(input, "model.safetensors"), weights);
        Assert.That(() => Phi4Quantizer.QuantizeAsync(input, folder["out"]), Throws.TypeOf<ModelFormatException>());
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1), "the input");
    }

    [Test]
    public void Quantize_FloatsAsTheyAreStored_IsRefused()
    {
        using TemporaryFolder folder = new();
        Assert.That(
            () => Phi4Quantizer.QuantizeAsync(Samples.Model, folder["out"], new QuantizationOptions { Weights = WeightType.AsStored }),
            Throws.TypeOf<InvalidOptionsException>().With.Property("Option").EqualTo("Weights"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void RequireRoom_MoreThanTheDiskHas_SaysBothNumbers()
    {
        using TemporaryFolder parent = new();
        using FreshFolder folder = FreshFolder.Create(parent["out"]);
        InsufficientDiskSpaceException error = Assert.Throws<InsufficientDiskSpaceException>(() => folder.RequireRoom(long.MaxValue))!;
        Assert.That((error.RequiredBytes, error.AvailableBytes > 0), Is.EqualTo((long.MaxValue, true)));
    }

    [Test]
    public async Task Quantize_Calibrated_StaysNearerToTheModel()
    {
        using TemporaryFolder folder = new();
        await Phi4Quantizer.QuantizeAsync(Samples.Model, folder["plain"]);
        await Phi4Quantizer.QuantizeAsync(Samples.Model, folder["text"], new QuantizationOptions { CalibrationText = Text(held: false) });
        await Phi4Quantizer.QuantizeAsync(
            Samples.Model, folder["file"], new QuantizationOptions { ImportanceFile = Path.Combine(folder["text"], "importance.safetensors") });
        double plain = await Distance(folder["plain"]), text = await Distance(folder["text"]), file = await Distance(folder["file"]);
        TestContext.Out.WriteLine($"mean squared difference of log-probabilities: {plain:F5} plain, {file:F5} by importance, {text:F5} calibrated");
        Assert.That(text, Is.LessThan(0.8 * plain));
    }

    [Test]
    public void Quantize_ByTheImportanceOfAnotherModel_IsRefusedByName()
    {
        using TemporaryFolder folder = new();
        Assert.That(
            async () =>
            {
                await Phi4Quantizer.QuantizeAsync(Samples.Model, folder["a"], new QuantizationOptions { CalibrationText = "one two three" });
                await Phi4Quantizer.QuantizeAsync(
                    Goldens.Model("tiny-phi4"), folder["b"], new QuantizationOptions { ImportanceFile = Path.Combine(folder["a"], "importance.safetensors") });
            },
            Throws.TypeOf<ModelFormatException>().With.Message.Contains("128 mean squares"));
        Assert.That(Directory.Exists(folder["b"]), Is.False);
    }

    [Test]
    public void Quantize_ByAFileThatIsNoImportance_IsRefused() => Assert.That(
        () => Phi4Quantizer.QuantizeAsync(
            Samples.Model, "nowhere", new QuantizationOptions { ImportanceFile = Path.Combine(Samples.Model, "model.safetensors") }),
        Throws.TypeOf<ModelFormatException>().With.Property("Item").EqualTo("format"));

    private static string Text(bool held)
    {
        IEnumerable<string> lines = File.ReadLines(Path.Combine(Samples.Model, "evaluation.jsonl")).Where((_, i) => i % 2 == (held ? 1 : 0)).Take(200);
        return string.Join("\n", lines.Select(line =>
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return $"{json.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()} {json.RootElement.GetProperty("expected").GetString()}";
        }));
    }

    private static async Task<double> Distance(string folder)
    {
        await using Phi4Model exact = await Phi4Model.LoadAsync(Samples.Model);
        await using Phi4Model model = await Phi4Model.LoadAsync(folder);
        int[] ids = exact.Tokenizer!.Encode(Text(held: true))[..2000];
        TokenScores expected = await exact.ScoreAsync(Prompt.FromTokens(ids));
        TokenScores found = await model.ScoreAsync(Prompt.FromTokens(ids));
        return expected.LogProbs.Zip(found.LogProbs, (a, b) => Math.Pow((a ?? 0) - (b ?? 0), 2)).Average();
    }

    private sealed class CancelAt(CancellationTokenSource stop, int tensorCount) : IProgress<LoadProgress>
    {
        public int TensorsDone { get; private set; }

        public void Report(LoadProgress value)
        {
            TensorsDone = value.TensorsDone;
            if (TensorsDone == tensorCount)
            {
                stop.Cancel();
            }
        }
    }

    [Test]
    public async Task Quantize_CheckpointsOfTheHub_KeepsWhatLoadingMakesOfThem([Values("gptq", "awq", "fp8")] string kind)
    {
        using HubModel model = HubModel.Create("tiny-phi4", kind);
        using TemporaryFolder folder = new();
        await Phi4Quantizer.QuantizeAsync(model.Packed.Path, folder["out"], new QuantizationOptions { Weights = WeightType.AsStored });
        int[] tokens = EngineTests.Tokens(20, 4);
        using Engine packed = TestEngine.Create(model.Packed.Path, Backends.Create("cpu-256"));
        using Engine rewritten = TestEngine.Create(folder["out"], Backends.Create("cpu-256"));
        Assert.That((await rewritten.RunAsync(tokens))[19], Is.EqualTo((await packed.RunAsync(tokens))[19]).AsCollection);
    }
}
