// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Generation;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.TestSupport;

/// <summary>An engine over a golden model, with sizes small enough to make chunks, pages and preemption matter.</summary>
internal static class TestEngine
{
    public static Engine Create(
        string folder, IKernels kernels, int stepTokens = 64, DType cacheType = DType.F32, int? cacheTokens = null, int sequences = 16, int logitRows = 8,
        WeightPlan? plan = null, bool keepsPrompts = true, Func<ModelConfig, ModelConfig>? change = null)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(folder, "config.json"));
        config = change?.Invoke(config) ?? config;
        int context = Math.Min(config.MaxPositions, 2048);
        ModelWeights weights = WeightLoader.Load(config, folder, new WeightLoadOptions { Plan = plan ?? WeightPlan.AsStored });
        var step = new StepCapacity(Math.Max(stepTokens, sequences), sequences, KvCache.PagesFor(context), logitRows);
        return new Engine(config, weights, kernels, new EngineLimits(context, cacheType, KvCache.PagesFor(cacheTokens ?? 3 * context), step, keepsPrompts));
    }

    /// <summary>The same on a backend with memory of its own: weights are copied there.</summary>
    public static Engine CreateOnDevice(string folder, IKernels kernels, int stepTokens = 64, DType cacheType = DType.BF16, int sequences = 8, WeightPlan? plan = null, bool keepsPrompts = true)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(folder, "config.json"));
        int context = Math.Min(config.MaxPositions, 512);
        using ModelWeights host = WeightLoader.Load(config, folder, new WeightLoadOptions { Plan = plan ?? WeightPlan.AsStored });
        ModelWeights weights = DeviceWeights.Upload(host, kernels, null, CancellationToken.None);
        var step = new StepCapacity(Math.Max(stepTokens, sequences), sequences, KvCache.PagesFor(context), LogitRows: 8);
        return new Engine(config, weights, kernels, new EngineLimits(context, cacheType, KvCache.PagesFor(3 * context), step, keepsPrompts));
    }

    /// <summary>Runs one sequence and gives its logits at the wanted positions and at the last.</summary>
    public static async Task<IReadOnlyDictionary<int, float[]>> RunAsync(this Engine engine, int[] tokens, params IEnumerable<int> wantedPositions)
    {
        var sequence = new RecordingSequence(tokens, wantedPositions);
        engine.Submit(sequence);
        return await sequence.Completion.ConfigureAwait(false);
    }
}
