// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Makes the tensors of a model out of those of a source, one at a time: mapped, copied, converted or quantized as the plan says.</summary>
internal sealed class TensorReader(ModelConfig config, IWeightSource source, WeightLoadOptions options, CancellationToken cancellation)
{
    private WeightPlan Plan => options.Plan;

    /// <summary>Every tensor that the model will have; for a source in which <see cref="CheckpointCheck"/> found no fault.</summary>
    public IReadOnlyList<KeptTensor> Tensors() => [.. Plan.Tensors(config).Select(Keep)];

    /// <summary>Parts of fused matrices that could not be told apart once they are quantized.</summary>
    public IEnumerable<ModelFormatProblem> Problems()
    {
        if (config.Layout != ProjectionLayout.Fused)
        {
            return [];
        }

        int keyRows = config.KvHeadCount * config.HeadSize;
        return from layerIndex in Enumerable.Range(0, config.LayerCount)
               from part in new[] { (Name: WeightNames.Qkv(layerIndex), Rows: keyRows), (Name: WeightNames.GateUp(layerIndex), Rows: config.MlpSize) }
               let tensor = source.Find(part.Name)
               where tensor is not null && WillHaveBlocks(tensor) && part.Rows % BlockLayout.TileRows != 0
               select new ModelFormatProblem(tensor.File, part.Name, $"parts of a multiple of {BlockLayout.TileRows} rows, to be quantized", $"parts of {part.Rows}");
    }

    /// <summary>The tensor, where it lies or in memory from <paramref name="allocate"/>.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="allocate">Gives memory of so many bytes for that purpose.</param>
    /// <param name="meter">Told of rows.</param>
    /// <returns>The tensor, and what was lost where it was quantized.</returns>
    public (WeightView View, QuantizationError? Lost) Read(KeptTensor tensor, Func<long, string, KernelBuffer> allocate, LoadMeter meter)
    {
        if (tensor.IsMapped)
        {
            return (source.Map(tensor.Source), null);
        }

        if (tensor.Blocks is not { } format)
        {
            return (Convert(tensor, allocate, meter), null);
        }

        WeightView target = Allocate(tensor, format, allocate);
        if (tensor.Source.Blocks == format)
        {
            TensorConverter.CopyBlocks(source, tensor.Source, target, options, meter, cancellation);
            return (target, null);
        }

        return TensorConverter.Quantize(source, tensor, target, options, meter, cancellation);
    }

    /// <summary>Matrices that are to be quantized, of which the calibration knows nothing or something else.</summary>
    public IEnumerable<ModelFormatProblem> CalibrationProblems() =>
        options.Calibration?.Problems(Tensors().Where(tensor => tensor.Blocks is not null && tensor.Source.Blocks != tensor.Blocks)) ?? [];

    private KeptTensor Keep(TensorSpec spec)
    {
        SourceTensor origin = Origin(spec);
        (BlockFormat? blocks, DType floats) = Plan.Keep(spec, origin);
        return new KeptTensor(spec, origin, blocks, floats);
    }

    /// <summary>Where a tensor's values come from: a head without weights of its own takes the embedding's.</summary>
    private SourceTensor Origin(TensorSpec spec) =>
        source.Find(spec.Name) is { } own && !(spec.Name == WeightNames.Head && config.TieWordEmbeddings && own.Blocks is null)
            ? own
            : source.Find(WeightNames.Embedding)!;

    private bool WillHaveBlocks(SourceTensor tensor) => Plan.Keep(new TensorSpec(tensor.Name, tensor.Shape), tensor).Blocks is not null;

    private TensorView Convert(KeptTensor tensor, Func<long, string, KernelBuffer> allocate, LoadMeter meter)
    {
        SourceTensor origin = tensor.Source;
        KernelBuffer buffer = allocate((long)origin.Rows * origin.Columns * tensor.Floats.SizeInBytes(), tensor.Spec.Name);
        TensorView target = buffer.View(tensor.Floats, origin.Rows, origin.Columns);
        TensorConverter.Convert(source, origin, target, options, meter, cancellation);
        return target;
    }

    private static WeightView Allocate(KeptTensor tensor, BlockFormat format, Func<long, string, KernelBuffer> allocate)
    {
        (int rows, int columns) = (tensor.Source.Rows, tensor.Source.Columns);
        nint address = allocate(format.Layout.ByteCount(rows, columns), tensor.Spec.Name).DangerousGetHandle();
        return format.View(rows, columns, address);
    }
}

/// <summary>A tensor of a model, where it comes from, and how it is kept.</summary>
/// <param name="Spec">What the model calls it.</param>
/// <param name="Source">Where its values come from.</param>
/// <param name="Blocks">The blocks that it is kept in, or null for floats.</param>
/// <param name="Floats">The type of its floats, where it is kept in floats.</param>
internal sealed record KeptTensor(TensorSpec Spec, SourceTensor Source, BlockFormat? Blocks, DType Floats)
{
    /// <summary>It stays where it lies.</summary>
    public bool IsMapped => Source.IsMapped && Blocks == Source.Blocks && (Blocks is not null || Source.Floats == Floats);

    /// <summary>Bytes that it takes, scales and offsets counted.</summary>
    public long ByteCount => Blocks is { } blocks ? blocks.Layout.ByteCount(Source.Rows, Source.Columns) : Spec.Count * Floats.SizeInBytes();
}
