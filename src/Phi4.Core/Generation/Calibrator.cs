// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Generation;

/// <summary>Runs a model over a text to learn what its matrices' inputs are like.</summary>
internal static class Calibrator
{
    private const int WindowTokens = 512;
    private const string Origin = "calibration";

    /// <summary>Runs the model as it is stored.</summary>
    /// <param name="path">The model's folder or file.</param>
    /// <param name="text">What it reads, in windows of 512 tokens.</param>
    /// <param name="maxTokens">Tokens of the text that count, from its beginning.</param>
    /// <param name="threadCount">Threads that compute; null for one a processor.</param>
    /// <param name="cancellationToken">Stops within a step.</param>
    /// <returns>What was learned, and the number of tokens.</returns>
    public static (Calibration Found, int TokenCount) Run(string path, string text, int maxTokens, int? threadCount, CancellationToken cancellationToken)
    {
        Dictionary<string, InputCollector> byName = new(StringComparer.Ordinal);
        // The collector follows the addresses of activations.
        var options = new Phi4LoadOptions { Device = Phi4Device.Cpu, ThreadCount = threadCount, MaxSequences = 1 };
        ModelConfig config = ModelFiles.Read(path).Config;
        int window = Math.Min(WindowTokens, config.MaxPositions);
        using Phi4Model model = ModelLoader.Load(
            path, options with { ContextLength = window, MaxStepTokens = window }, null, cancellationToken,
            (weights, kernels) => Watch(config, weights, kernels, byName, threadCount ?? Environment.ProcessorCount));
        if (model.Tokenizer is not { } tokenizer)
        {
            throw new Phi4Exception($"{path}: there is no tokenizer, so no text can calibrate this model.");
        }

        int[] tokens = tokenizer.Encode(text);
        int count = Math.Min(tokens.Length, maxTokens);
        if (count == 0)
        {
            throw new InvalidOptionsException(nameof(QuantizationOptions.CalibrationText), text, "a text of at least one token");
        }

        for (int start = 0; start < count; start += window)
        {
            int[] part = tokens[start..Math.Min(count, start + window)];
            model.ScoreAsync(Prompt.FromTokens(part), includeLastLogits: false, cancellationToken).GetAwaiter().GetResult();
        }

        Dictionary<InputCollector, InputStatistics> finished = byName.Values.Distinct().ToDictionary(collector => collector, collector => collector.Finish());
        return (new Calibration(byName.ToDictionary(entry => entry.Key, entry => finished[entry.Value], StringComparer.Ordinal), Origin), count);
    }

    private static CollectingKernels Watch(
        ModelConfig config, ModelWeights weights, IKernels kernels, Dictionary<string, InputCollector> byName, int threadCount)
    {
        Dictionary<nint, InputCollector> byAddress = [];
        for (int i = 0; i < weights.Layers.Count; i++)
        {
            LayerWeights layer = weights.Layers[i];
            bool isFused = config.Layout == ProjectionLayout.Fused;
            Add(layer.Query, isFused ? [WeightNames.Qkv(i)] : [WeightNames.Query(i), WeightNames.Key(i), WeightNames.Value(i)]);
            Add(layer.Output, WeightNames.Output(i));
            Add(layer.Gate, isFused ? [WeightNames.GateUp(i)] : [WeightNames.Gate(i), WeightNames.Up(i)]);
            Add(layer.Down, WeightNames.Down(i));
        }

        Add(weights.Head, WeightNames.Head);
        return new CollectingKernels(kernels, byAddress);

        // Matrices with the same inputs share what is known of them.
        void Add(WeightView matrix, params string[] names)
        {
            InputCollector collector = new(matrix.Columns, threadCount);
            byAddress[matrix.Values.Address] = collector;
            foreach (string name in names)
            {
                byName[name] = collector;
            }
        }
    }
}
