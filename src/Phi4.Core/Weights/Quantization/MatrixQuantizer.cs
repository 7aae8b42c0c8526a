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

    /// <summary>Told how many rows more are done, from any thread.</summary>
    public Action<int>? OnRows { get; init; }
}

/// <summary>
/// Turns a matrix of a source into codes and scales, tile by tile on all cores: beside the result there is never more than a tile of values a thread.
/// </summary>
internal sealed unsafe class MatrixQuantizer
{
    // Columns that a calibration text never excited must not be free to go anywhere: they count as a thousandth of the mean.
    private const double LeastImportance = 1e-3;

    private readonly IWeightSource _source;
    private readonly SourceTensor _tensor;
    private readonly WeightFormat _format;
    private readonly QuantizerOptions _options;
    private readonly float[] _importance;
    private readonly WeightView _target;
    private readonly Lock _door = new();
    private QuantizationError _error;

    private MatrixQuantizer(IWeightSource source, SourceTensor tensor, ReadOnlySpan<float> importance, WeightView target, QuantizerOptions options)
    {
        _source = source;
        _tensor = tensor;
        _format = target.Format;
        _target = target;
        _options = options;
        _importance = Costs(tensor, importance);
    }

    /// <summary>Quantizes one tensor, the same bits for any number of threads.</summary>
    /// <param name="source">Holds the tensor.</param>
    /// <param name="tensor">A matrix [N, H].</param>
    /// <param name="importance">[H]: what an error in each column costs (the mean square of its activations), or empty where all cost the same.</param>
    /// <param name="target">Int8, or Int4 with <see cref="Int4Table"/> and no offsets: memory for codes and scales, to be overwritten.</param>
    /// <param name="options">Threads, scales.</param>
    /// <param name="cancellationToken">Stops between two tiles.</param>
    /// <returns>What was lost.</returns>
    /// <exception cref="ModelFormatException">A weight is not finite, or too large for an F16 scale.</exception>
    public static QuantizationError Run(
        IWeightSource source, SourceTensor tensor, ReadOnlySpan<float> importance, WeightView target, QuantizerOptions options, CancellationToken cancellationToken)
    {
        MatrixQuantizer quantizer = new(source, tensor, importance, target, options);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Max(1, options.ThreadCount), CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, BlockLayout.TileCount(tensor.Rows), parallel, () => new float[BlockLayout.TileRows * tensor.Columns], quantizer.EncodeTile, _ => { });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return quantizer._error;
    }

    private float[] EncodeTile(int tile, ParallelLoopState state, float[] values)
    {
        int first = tile * BlockLayout.TileRows;
        int rowCount = Math.Min(BlockLayout.TileRows, _tensor.Rows - first);
        Array.Clear(values);
        _source.ReadRows(_tensor, first, rowCount, values.AsSpan(0, rowCount * _tensor.Columns));
        Check(values.AsSpan(0, rowCount * _tensor.Columns), first);
        QuantizationError error = _format == WeightFormat.Int8 ? EncodeBlocks(default(Int8Codebook), tile, values) : EncodeBlocks(Int4Table.Codebook, tile, values);
        lock (_door)
        {
            _error.Add(error);
        }

        _options.OnRows?.Invoke(rowCount);
        return values;
    }

    private QuantizationError EncodeBlocks<TBook>(TBook book, int tile, float[] values)
        where TBook : struct, ICodebook
    {
        const int Size = BlockLayout.BlockSize;
        int columns = _tensor.Columns;
        int blockCount = BlockLayout.BlockCount(columns);
        int codeBytes = BlockLayout.CodeBytesPerBlock(_format);
        byte* codes = (byte*)_target.Values.Address + (tile * BlockLayout.CodeBytesPerTile(_format, columns));
        Half* scales = (Half*)((byte*)_target.Scales + (tile * BlockLayout.ScaleBytesPerTile(columns)));
        Vector512<float>* block = stackalloc Vector512<float>[Size];
        QuantizationError sum = default;
        fixed (float* rows = values)
        fixed (float* importance = _importance)
        {
            for (int b = 0; b < blockCount; b++)
            {
                int start = b * Size;
                int count = Math.Min(Size, columns - start);
                Transpose(rows + start, columns, count, block);
                (Vector512<float> squares, Vector512<float> weightedSquares) = Squares(block, importance + start, count);
                Vector512<float> squaredError = default;
                Vector512<float> weightedError = default;
                new BlockEncoder<TBook>(book, block, importance + start, count).Encode(
                    _options.Choice, codes + ((long)b * codeBytes), scales + (b * BlockLayout.TileRows), ref squaredError, ref weightedError);
                sum.Add(new QuantizationError(
                    Vector512.Sum(squaredError), Vector512.Sum(squares), Vector512.Sum(weightedError), Vector512.Sum(weightedSquares)));
            }
        }

        return sum;
    }

    /// <summary>Rows become lanes; what lies past the last column is 0.</summary>
    private static void Transpose(float* rows, int stride, int count, Vector512<float>* block)
    {
        float* lanes = (float*)block;
        new Span<float>(lanes, BlockLayout.BlockSize * BlockLayout.TileRows).Clear();
        for (int row = 0; row < BlockLayout.TileRows; row++)
        {
            for (int k = 0; k < count; k++)
            {
                lanes[(k * BlockLayout.TileRows) + row] = rows[((long)row * stride) + k];
            }
        }
    }

    private static (Vector512<float> Plain, Vector512<float> Weighted) Squares(Vector512<float>* block, float* importance, int count)
    {
        Vector512<float> plain = default;
        Vector512<float> weighted = default;
        for (int k = 0; k < count; k++)
        {
            Vector512<float> square = block[k] * block[k];
            plain += square;
            weighted += square * importance[k];
        }

        return (plain, weighted);
    }

    private void Check(ReadOnlySpan<float> values, int firstRow)
    {
        float limit = 127 * (float)Half.MaxValue;
        int bad = FirstAbove(values, limit);
        if (bad >= 0)
        {
            string place = $"{_tensor.Name}[{firstRow + (bad / _tensor.Columns)}, {bad % _tensor.Columns}]";
            throw new ModelFormatException(
                _tensor.File, place, FormattableString.Invariant($"a finite weight of at most {limit:G6}, for {_format} scales are F16"), FormattableString.Invariant($"{values[bad]}"));
        }
    }

    /// <summary>Index of the first value whose magnitude is above the limit or no number; -1 if there is none.</summary>
    private static int FirstAbove(ReadOnlySpan<float> values, float limit)
    {
        int i = 0;
        Vector512<float> limits = Vector512.Create(limit);
        for (; i + Vector512<float>.Count <= values.Length; i += Vector512<float>.Count)
        {
            if (!Vector512.LessThanOrEqualAll(Vector512.Abs(Vector512.Create(values[i..])), limits))
            {
                break;
            }
        }

        for (; i < values.Length; i++)
        {
            if (!(Math.Abs(values[i]) <= limit))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>[H], mean 1.</summary>
    private static float[] Costs(SourceTensor tensor, ReadOnlySpan<float> importance)
    {
        float[] costs = new float[tensor.Columns];
        if (importance.IsEmpty)
        {
            Array.Fill(costs, 1);
            return costs;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(importance.Length, tensor.Columns, nameof(importance));
        double mean = 0;
        foreach (float value in importance)
        {
            mean += (double)value / importance.Length;
        }

        for (int i = 0; i < importance.Length; i++)
        {
            costs[i] = mean > 0 ? (float)((importance[i] / mean) + LeastImportance) : 1;
        }

        return costs;
    }
}
