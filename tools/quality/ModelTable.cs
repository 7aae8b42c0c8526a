// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Evaluation;
using Phi4.Core.Generation;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;
using Phi4.Tokenizer;

namespace Phi4.Quality;

/// <summary>Each format on whole models: divergence from the weights as stored, agreement, perplexity.</summary>
internal static class ModelTable
{
    private const int RandomTokens = 4096;
    private static readonly EvaluationOptions Windows = new() { WindowTokens = 512, Stride = 512 };

    public static async Task PrintAsync(Arguments arguments, string scratch)
    {
        foreach (string name in arguments.Models)
        {
            string folder = name == "phi4-sample" ? Path.Combine("samples", name) : Path.Combine("tests", "goldens", "models", name);
            ModelConfig config = ModelConfigReader.Read(Path.Combine(folder, ModelConfigReader.FileName));
            (int[] tokens, string text) = Text(folder, config);
            await using Phi4Model exact = Load(config, WeightSources.Open(config, folder), new WeightPlan(WeightType.F32, WeightType.F32));
            Console.WriteLine($"{name}: {tokens.Length:N0} {text}, windows of {Windows.WindowTokens}\n");
            Console.WriteLine("| layers in | bits a weight | KL | ± | 99 % | same top | perplexity ratio | KL as run on the CPU |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|");
            string calibration = Path.Combine(folder, "calibration.txt");
            await foreach (Format format in Formats.MakeAsync(folder, arguments.LlamaQuantize, File.Exists(calibration) ? File.ReadAllText(calibration) : null, scratch))
            {
                Console.WriteLine(await RowAsync(format, config, exact, tokens));
            }

            Console.WriteLine();
        }
    }

    private static async Task<string> RowAsync(Format format, ModelConfig config, Phi4Model exact, int[] tokens)
    {
        using IWeightSource stored = format.Open();
        string types = LayerMatrices.Types(stored);
        string name = format.Name == types || !types.Contains('_') || format.Name.StartsWith(types, StringComparison.Ordinal) ? format.Name : $"{format.Name} ({types})";
        DivergenceResult alone = await CompareAsync(new WeightPlan(WeightType.F32, WeightType.F32));
        DivergenceResult run = await CompareAsync(WeightPlan.AsStored);
        return $"| {name} | {LayerMatrices.Bits(stored):F2} | {alone.KlDivergence.Value:G3} | {alone.KlDivergence.StandardError:G2} | {alone.Kl99:G3} | "
            + $"{100 * alone.Top1Agreement.Value:F2} % | {alone.PerplexityRatio.Value:F4} ± {alone.PerplexityRatio.StandardError:F4} | {run.KlDivergence.Value:G3} |";

        async Task<DivergenceResult> CompareAsync(WeightPlan plan)
        {
            await using Phi4Model model = Load(config, format.Open(), plan);
            return await ModelEvaluation.CompareAsync(exact, model, tokens, Windows);
        }
    }

    /// <summary>The trained model's held-out text; for random weights, random tokens.</summary>
    private static (int[] Tokens, string Kind) Text(string folder, ModelConfig config)
    {
        string file = Path.Combine(folder, "evaluation.txt");
        if (File.Exists(file))
        {
            return (Phi4Tokenizer.TryFromFolder(folder)!.Encode(File.ReadAllText(file), SpecialTokenHandling.Parse), "tokens of held-out text");
        }

        var random = new Random(1);
        return ([.. Enumerable.Range(0, RandomTokens).Select(_ => random.Next(config.VocabSize))], "random tokens");
    }

    private static Phi4Model Load(ModelConfig config, IWeightSource source, WeightPlan plan)
    {
        ModelWeights weights = WeightLoader.Load(config, source, new WeightLoadOptions { Plan = plan }, CancellationToken.None);
        int context = Windows.WindowTokens;
        var limits = new EngineLimits(context, DType.F32, KvCache.PagesFor(context), new StepCapacity(256, 1, KvCache.PagesFor(context), 64));
        return new Phi4Model(config, GenerationConfig.Empty, null, new Engine(config, weights, CpuKernels.Create(new CpuOptions()), limits), Phi4Device.Cpu);
    }
}
