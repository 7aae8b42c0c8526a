// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights.Quantization;

/// <summary>How matrices are quantized.</summary>
internal sealed record QuantizerOptions
{
    public ScaleChoice Choice { get; init; } = ScaleChoice.Search;

    public int ThreadCount { get; init; } = Environment.ProcessorCount;

    /// <summary>What is known of the inputs; null where nothing is, so that all errors cost the same.</summary>
    public InputStatistics? Inputs { get; init; }

    /// <summary>Told how many rows more are done, from any thread.</summary>
    public Action<int>? OnRows { get; init; }
}

/// <summary>
/// Turns a matrix of a source into codes and scales, tile by tile on all cores: beside the result there is never more than some tiles of values a thread.
/// </summary>
internal sealed unsafe class MatrixQuantizer
{
    // Columns that a calibration text never excited must not be free to go anywhere: they count as a thousandth of the mean.
    private const double LeastImportance = 1e-3;

    private readonly IWeightSource _source;
    private readonly SourceTensor _tensor;
    private readonly QuantizerOptions _options;
    private readonly float[] _importance;
    private readonly InputCorrelation? _correlation;
    private readonly WeightView _target;
    private readonly TableCodebook _book;
    private readonly Lock _door = new();
    private QuantizationError _error;

    private MatrixQuantizer(IWeightSource source, SourceTensor tensor, WeightView target, QuantizerOptions options)
    {
        _source = source;
        _tensor = tensor;
        _options = options;
        _importance = Costs(tensor, options.Inputs);
        _correlation = options.Inputs?.Moments is null ? null : InputCorrelation.Of(options.Inputs, options.ThreadCount);
        if (target.Format == WeightFormat.Int4)
        {
            Vector128<sbyte> table = options.Choice == ScaleChoice.Search ? TableFitter.Fit(source, tensor, _importance) : Int4Table.Values;
            _book = Int4Table.CodebookOf(table);
            target = WeightView.Int4(target.Rows, target.Columns, target.Values.Address, hasOffsets: false, table);
        }

        _target = target;
    }

    /// <summary>Quantizes one tensor, the same bits for any number of threads.</summary>
    /// <param name="source">Holds the tensor.</param>
    /// <param name="tensor">A matrix [N, H].</param>
    /// <param name="target">Int8, or Int4 without offsets: memory for codes and scales, to be overwritten.</param>
    /// <param name="options">Threads, scales, what is known of the inputs.</param>
    /// <param name="cancellationToken">Stops between two tiles.</param>
    /// <returns>The target, with its table if it has one, and what was lost.</returns>
    /// <exception cref="ModelFormatException">A weight is not finite, or too large for an F16 scale.</exception>
    public static (WeightView View, QuantizationError Lost) Run(
        IWeightSource source, SourceTensor tensor, WeightView target, QuantizerOptions options, CancellationToken cancellationToken)
    {
        MatrixQuantizer quantizer = new(source, tensor, target, options);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Max(1, options.ThreadCount), CancellationToken = cancellationToken };
        try
        {
            Parallel.For(
                0, BlockLayout.TileCount(tensor.Rows), parallel, () => new QuantizerScratch(tensor.Columns, quantizer._correlation is not null), quantizer.EncodeTile,
                scratch => scratch.Dispose());
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return (quantizer._target, quantizer._error);
    }

    private QuantizerScratch EncodeTile(int tile, ParallelLoopState state, QuantizerScratch scratch)
    {
        int rowCount = scratch.Read(_source, _tensor, tile);
        QuantizationError error = _target.Format == WeightFormat.Int8 ? EncodeBlocks(default(Int8Codebook), tile, scratch) : EncodeBlocks(_book, tile, scratch);
        lock (_door)
        {
            _error.Add(error);
        }

        _options.OnRows?.Invoke(rowCount);
        return scratch;
    }

    private QuantizationError EncodeBlocks<TBook>(TBook book, int tile, QuantizerScratch scratch)
        where TBook : struct, ICodebook
    {
        int columns = _tensor.Columns;
        int blockCount = BlockLayout.BlockCount(columns);
        BlockLayout layout = _target.Layout;
        byte* codes = (byte*)_target.Values.Address + (tile * layout.TileBytes(columns));
        Vector512<float>* values = stackalloc Vector512<float>[BlockLayout.BlockSize];
        QuantizationError sum = default;
        for (int b = 0; b < blockCount; b++)
        {
            int start = b * BlockLayout.BlockSize;
            int count = Math.Min(BlockLayout.BlockSize, columns - start);
            Vector512<float> scale = _correlation is null
                ? Encode(book, scratch.Columns + start, start, count, codes, values)
                : EncodeWithFeedback(book, scratch.Work + start, start, count, codes, values);
            Half* scales = (Half*)(codes + layout.CodeBytes);
            for (int row = 0; row < BlockLayout.TileRows; row++)
            {
                scales[row] = (Half)scale[row];
            }

            sum.Add(Lost(scratch.Columns + start, values, start, count));
            codes += layout.BlockBytes;
        }

        return sum;
    }

    private Vector512<float> Encode<TBook>(TBook book, Vector512<float>* block, int start, int count, byte* codes, Vector512<float>* values)
        where TBook : struct, ICodebook
    {
        fixed (float* importance = _importance)
        {
            BlockEncoder<TBook> encoder = new(book, block, importance + start, count);
            Vector512<float> scale = encoder.Choose(_options.Choice);
            encoder.Pack(scale, codes, values);
            return scale;
        }
    }

    private Vector512<float> EncodeWithFeedback<TBook>(TBook book, Vector512<float>* block, int start, int count, byte* codes, Vector512<float>* values)
        where TBook : struct, ICodebook
    {
        int groupStart = start / InputStatistics.GroupSize * InputStatistics.GroupSize;
        int stride = Math.Min(InputStatistics.GroupSize, _tensor.Columns - groupStart);
        fixed (float* costs = _correlation!.Costs)
        fixed (float* group = _correlation.Group(start))
        {
            Vector512<float> scale = new BlockEncoder<TBook>(book, block, costs + start, count).Choose(_options.Choice);
            float* spread = group + ((long)(start - groupStart) * stride) + start - groupStart;
            FeedbackEncoder<TBook> encoder = new(book, block, spread, stride, costs + start, count);
            scale = _options.Choice == ScaleChoice.Search ? encoder.Choose(scale) : scale;
            encoder.Encode(scale, codes, values, groupStart + stride - start - count);
            return scale;
        }
    }

    /// <summary>What the codes of a block are off by.</summary>
    private QuantizationError Lost(Vector512<float>* exact, Vector512<float>* values, int start, int count)
    {
        Vector512<float> error = default;
        Vector512<float> square = default;
        Vector512<float> weightedError = default;
        Vector512<float> weightedSquare = default;
        for (int k = 0; k < count; k++)
        {
            float weight = _importance[start + k];
            Vector512<float> difference = exact[k] - values[k];
            error += difference * difference;
            square += exact[k] * exact[k];
            weightedError += difference * difference * weight;
            weightedSquare += exact[k] * exact[k] * weight;
        }

        return new QuantizationError(Vector512.Sum(error), Vector512.Sum(square), Vector512.Sum(weightedError), Vector512.Sum(weightedSquare));
    }

    /// <summary>[H], mean 1.</summary>
    private static float[] Costs(SourceTensor tensor, InputStatistics? inputs)
    {
        float[] costs = new float[tensor.Columns];
        if (inputs is null)
        {
            Array.Fill(costs, 1);
            return costs;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(inputs.MeanSquares.Length, tensor.Columns, nameof(inputs));
        double mean = inputs.MeanSquares.Average(value => (double)value);
        for (int i = 0; i < costs.Length; i++)
        {
            costs[i] = mean > 0 ? (float)((inputs.MeanSquares[i] / mean) + LeastImportance) : 1;
        }

        return costs;
    }
}
