// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Generation;

/// <summary>From files to a running model: configuration, plan, weights, tokenizer, engine, in that order, so that what cannot work fails early.</summary>
internal static class ModelLoader
{
    /// <summary>Rows of logits computed at once: 64 rows of phi-4's vocabulary are 26 MB.</summary>
    private const int MaxLogitRows = 64;

    /// <summary>Loads.</summary>
    /// <param name="path">The model's folder or file.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told of each tensor.</param>
    /// <param name="cancellationToken">Stops; nothing stays open.</param>
    /// <param name="wrap">Puts something between the model and its kernels; null for nothing.</param>
    /// <param name="name">What meters and traces call it; null for the name of the folder or file.</param>
    public static Phi4Model Load(
        string path, Phi4LoadOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken,
        Func<ModelWeights, IKernels, IKernels>? wrap = null, string? name = null)
    {
        Validate(options);
        ModelFiles files = ModelFiles.Read(path);
        (DeviceChoice device, EngineLimits limits, MemoryPlan plan) = Plan(files, options);
        plan.EnsureFits();
        TextTools? text = files.ReadText();
        var loading = new WeightLoadOptions
        {
            // Mapped weights that go to a device are read when they are copied.
            Progress = device.HasOwnMemory && WeightPlan.Of(options).KeepsEverything ? null : progress,
            Plan = WeightPlan.Of(options),
            ThreadCount = options.ThreadCount ?? Environment.ProcessorCount,
            ReadsEverything = plan.Verdict == MemoryVerdict.Fits && !device.HasOwnMemory,
            ResidentBytes = plan.Verdict == MemoryVerdict.Fits || device.HasOwnMemory ? null : plan.AvailableBytes - plan.RequiredBytes,
        };
        ModelWeights weights = WeightLoader.Load(files.Config, files.OpenWeights(cancellationToken), loading, cancellationToken);
        IKernels? kernels = null;
        try
        {
            Require(
                options.Activations == ActivationType.Matched || !weights.HasQuantized, nameof(options.Activations), options.Activations,
                "Matched beside quantized weights");
            kernels = device.CreateKernels(options, limits.Step.Tokens, WidestInput(files.Config));
            if (device.HasOwnMemory)
            {
                ModelWeights onDevice = DeviceWeights.Upload(weights, kernels, loading.Progress is null ? progress : null, cancellationToken);
                weights.Dispose();
                weights = onDevice;
            }

            string reason = device.ReasonWith(kernels);
            kernels = wrap?.Invoke(weights, kernels) ?? kernels;
            return new Phi4Model(files.Config, files.Generation, text, new Engine(files.Config, weights, kernels, limits), device.Device, reason, name ?? NameOf(path));
        }
        catch (Exception e)
        {
            weights.Dispose();
            kernels?.Dispose();
            Exception translated = DeviceErrors.Translate(e);
            if (translated != e)
            {
                throw translated;
            }

            throw;
        }
    }

    /// <summary>What loading the model would take: by its weights' headers, or, where there are no weights, by its configuration.</summary>
    public static MemoryPlan Plan(string path, Phi4LoadOptions options)
    {
        Validate(options);
        return Plan(ModelFiles.Read(path), options).Memory;
    }

    /// <summary>How long a context and how large a cache this model gets on this machine, and what it all takes.</summary>
    internal static (EngineLimits Limits, MemoryPlan Memory) Plan(
        ModelConfig config, Phi4LoadOptions options, DeviceChoice device, IWeightSource? source = null)
    {
        DType cacheType = options.KvCacheType.ElementType();
        if (options.ContextLength > config.MaxPositions)
        {
            throw new InvalidOptionsException(
                nameof(Phi4LoadOptions.ContextLength), options.ContextLength, $"at most the model's {config.MaxPositions} positions");
        }

        long availableBytes = device.AvailableBytes;
        StepCapacity step = StepFor(options, config.MaxPositions);
        long scratchBytes = StepBuffers.ByteCount(config, step)
            + device.WorkingBytes(options.ThreadCount ?? Environment.ProcessorCount, step.Tokens, WidestInput(config));
        scratchBytes += device.HasOwnMemory ? DeviceSampler.ByteCount(step.LogitRows, config.VocabSize) : 0;
        WeightBytes weights = WeightBytes.Count(config, WeightPlan.Of(options), source);
        weights = device.HasOwnMemory ? new WeightBytes(0, weights.Total) : weights;
        MemoryPlan plan = MemoryPlan.Create(config, weights.Mapped, cacheType, options.ContextLength, scratchBytes, availableBytes, weights.Allocated);
        int context = plan.ContextTokens;

        // What is left beside everything else, half of it at most: others use this machine too.
        long spareBytes = Math.Max(0, availableBytes - plan.ReserveBytes - scratchBytes - weights.Total) / 2;
        long spareTokens = Math.Min(spareBytes / plan.KvBytesPerToken, (long)context * options.MaxSequences);
        long cacheTokens = options.CacheTokens ?? Math.Max(context, Math.Min(spareTokens, int.MaxValue - KvCache.PageSize));
        if (cacheTokens < context)
        {
            throw new InvalidOptionsException(nameof(Phi4LoadOptions.CacheTokens), cacheTokens, $"at least the context of {context} tokens");
        }

        MemoryPlan memory = MemoryPlan.Create(config, weights.Mapped, cacheType, (int)cacheTokens, scratchBytes, availableBytes, weights.Allocated);
        return (new EngineLimits(context, cacheType, KvCache.PagesFor((int)cacheTokens), StepFor(options, context), options.PromptCache), memory);
    }

    private static (DeviceChoice Device, EngineLimits Limits, MemoryPlan Memory) Plan(ModelFiles files, Phi4LoadOptions options)
    {
        DeviceChoice device = DeviceChoice.Of(options, files.Config);
        using IWeightSource? source = files.HasWeights ? files.OpenWeights(CancellationToken.None) : null;
        (EngineLimits limits, MemoryPlan memory) = Plan(files.Config, options, device, source);
        if (options.Device == Phi4Device.Auto && device.HasOwnMemory && memory.Verdict != MemoryVerdict.Fits)
        {
            device = DeviceChoice.InsteadOf(device, memory);
            (limits, memory) = Plan(files.Config, options, device, source);
        }

        return (device, limits, memory);
    }

    private static int WidestInput(ModelConfig config) => Math.Max(Math.Max(config.HiddenSize, config.MlpSize), config.HeadCount * config.HeadSize);

    private static StepCapacity StepFor(Phi4LoadOptions options, int contextLength)
    {
        int tokens = Math.Max(options.MaxStepTokens, options.MaxSequences);
        return new StepCapacity(tokens, options.MaxSequences, KvCache.PagesFor(contextLength), Math.Min(tokens, MaxLogitRows));
    }

    private static void Validate(Phi4LoadOptions options)
    {
        Require(options.ThreadCount is null or (>= 1 and <= 1024), nameof(options.ThreadCount), options.ThreadCount, "1 to 1024, or null");
        Require(options.ContextLength is null or >= 1, nameof(options.ContextLength), options.ContextLength, "at least 1, or null");
        Require(options.CacheTokens is null or >= 1, nameof(options.CacheTokens), options.CacheTokens, "at least 1, or null");
        Require(options.MaxSequences is >= 1 and <= 1024, nameof(options.MaxSequences), options.MaxSequences, "1 to 1024");
        Require(options.MaxStepTokens is >= 1 and <= 65536, nameof(options.MaxStepTokens), options.MaxStepTokens, "1 to 65536");
        Require(options.DeviceIndex is >= 0 and < 1024, nameof(options.DeviceIndex), options.DeviceIndex, "0 to 1023");
        Require(Enum.IsDefined(options.Device), nameof(options.Device), options.Device, "a named device");
        Require(Enum.IsDefined(options.Weights), nameof(options.Weights), options.Weights, "a named type");
        Require(options.HeadWeights is null || Enum.IsDefined(options.HeadWeights.Value), nameof(options.HeadWeights), options.HeadWeights, "a named type, or null");
        Require(Enum.IsDefined(options.Activations), nameof(options.Activations), options.Activations, "a named type");
        WeightPlan plan = WeightPlan.Of(options);
        Require(
            options.Activations == ActivationType.Matched || (WeightPlan.Blocks(plan.Layers) is null && WeightPlan.Blocks(plan.Head) is null),
            nameof(options.Activations), options.Activations, "Matched beside quantized weights");
        Require(Enum.IsDefined(options.KvCacheType), nameof(options.KvCacheType), options.KvCacheType, "a named type");
    }

    private static void Require(bool holds, string option, object? value, string allowed)
    {
        if (!holds)
        {
            throw new InvalidOptionsException(option, value, allowed);
        }
    }

    // What meters and traces call the model: where it lies is nobody's business.
    private static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
}
