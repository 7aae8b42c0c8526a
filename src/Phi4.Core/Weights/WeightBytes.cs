// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>What a model's weights take, scales and offsets counted.</summary>
/// <param name="Mapped">Bytes that stay in mapped files: the system may drop and read them again.</param>
/// <param name="Allocated">Bytes of memory of their own.</param>
internal readonly record struct WeightBytes(long Mapped, long Allocated)
{
    public long Total => Mapped + Allocated;

    /// <summary>Counts.</summary>
    /// <param name="config">The model.</param>
    /// <param name="plan">Which tensor is kept how.</param>
    /// <param name="source">Where it comes from; null if only the configuration is known.</param>
    public static WeightBytes Count(ModelConfig config, WeightPlan plan, IWeightSource? source)
    {
        long mapped = 0;
        long allocated = 0;
        foreach (TensorSpec spec in plan.Tensors(config))
        {
            (long bytes, bool isMapped) = source?.Find(spec.Name) is { } found ? OfFound(plan, spec, found) : Implied(config, plan, spec);
            mapped += isMapped ? bytes : 0;
            allocated += isMapped ? 0 : HugePages.Round(bytes);
        }

        return new WeightBytes(mapped, allocated);
    }

    private static (long Bytes, bool IsMapped) OfFound(WeightPlan plan, TensorSpec spec, SourceTensor found)
    {
        (BlockFormat? blocks, DType floats) = plan.Keep(spec, found);
        KeptTensor kept = new(spec, found, blocks, floats);
        return (kept.ByteCount, kept.IsMapped);
    }

    private static (long Bytes, bool IsMapped) Implied(ModelConfig config, WeightPlan plan, TensorSpec spec)
    {
        bool isFloat = spec.Shape.Count == 1 || spec.Name == WeightNames.Embedding;
        if (!isFloat && spec.Name != WeightNames.Head && config.PackedWeights is { } packed && plan.For(spec, null) == WeightType.AsStored)
        {
            return (Size(new BlockFormat(packed.Bits == 4 ? WeightFormat.Int4 : WeightFormat.Int8), spec), false);
        }

        WeightPlan storedPlan = config.BlockWeights is { } own ? new WeightPlan(own.Layers, own.Head) : WeightPlan.AsStored;
        WeightType stored = isFloat ? WeightType.AsStored : storedPlan.For(spec, null);
        WeightType wanted = plan.For(spec, config.DType);
        WeightType kept = wanted == WeightType.AsStored ? stored : wanted;
        long bytes = WeightPlan.Blocks(kept) is { } blocks ? Size(blocks, spec) : spec.Count * (WeightPlan.FloatType(kept) ?? config.DType).SizeInBytes();
        return (bytes, kept == stored || (stored == WeightType.AsStored && WeightPlan.FloatType(kept) == config.DType));
    }

    private static long Size(BlockFormat format, TensorSpec spec) => format.Layout.ByteCount(checked((int)spec.Shape[0]), checked((int)spec.Shape[1]));
}
