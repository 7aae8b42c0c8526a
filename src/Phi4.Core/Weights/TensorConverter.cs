// SPDX-License-Identifier: MIT
using System.Runtime.ExceptionServices;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Fills memory with a source's tensor, on all cores, a few rows at a time.</summary>
internal static unsafe class TensorConverter
{
    private const int Rows = BlockLayout.TileRows;

    /// <summary>New codes and scales, and what is lost by them.</summary>
    public static (WeightView View, QuantizationError Lost) Quantize(
        IWeightSource source, KeptTensor tensor, WeightView target, WeightLoadOptions options, LoadMeter meter, CancellationToken cancellationToken)
    {
        var how = new QuantizerOptions
        {
            Choice = options.Scales,
            ThreadCount = options.ThreadCount,
            Inputs = options.Calibration?.Find(tensor.Spec.Name),
            OnRows = meter.AddRows,
        };
        return MatrixQuantizer.Run(source, tensor.Source, target, how, cancellationToken);
    }

    /// <summary>Blocks as the source has them.</summary>
    public static void CopyBlocks(
        IWeightSource source, SourceTensor tensor, WeightView target, WeightLoadOptions options, LoadMeter meter, CancellationToken cancellationToken) =>
        ForEachTile(tensor, 0, options, (first, count, _) =>
        {
            WeightView tile = target.RowRange(first, count);
            source.ReadBlocks(tensor, first, count, new Span<byte>((void*)tile.Values.Address, checked((int)target.Layout.TileBytes(tensor.Columns))));
            meter.AddRows(count);
        }, cancellationToken);

    /// <summary>Floats of another type, rounded to nearest.</summary>
    /// <exception cref="ModelFormatException">A finite value is too large for the type.</exception>
    public static void Convert(
        IWeightSource source, SourceTensor tensor, TensorView target, WeightLoadOptions options, LoadMeter meter, CancellationToken cancellationToken) =>
        ForEachTile(tensor, Rows * tensor.Columns, options, (first, count, room) =>
        {
            Span<float> values = room.AsSpan(0, count * tensor.Columns);
            source.ReadRows(tensor, first, count, values);
            TensorView rows = target.RowRange(first, count);
            Span<byte> bytes = new((void*)rows.Address, checked(values.Length * target.DType.SizeInBytes()));
            FloatCodec.Narrow(values, target.DType, bytes);
            RefuseOverflow(tensor, target.DType, first, values, bytes);
            meter.AddRows(count);
        }, cancellationToken);

    private static void RefuseOverflow(SourceTensor tensor, DType dtype, int firstRow, ReadOnlySpan<float> values, ReadOnlySpan<byte> narrow)
    {
        if (dtype != DType.F16)
        {
            return;
        }

        float limit = (float)Half.MaxValue;
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsFinite(values[i]) && Math.Abs(values[i]) > limit && Half.IsInfinity(BitConverter.ToHalf(narrow[(i * sizeof(Half))..])))
            {
                throw new ModelFormatException(
                    tensor.File, $"{tensor.Name}[{firstRow + (i / tensor.Columns)}, {i % tensor.Columns}]", "a weight that F16 can hold", FormattableString.Invariant($"{values[i]}"));
            }
        }
    }

    /// <summary>Calls <paramref name="work"/> with the first row, the number of rows, and room for some values, which its thread has to itself.</summary>
    private static void ForEachTile(
        SourceTensor tensor, int room, WeightLoadOptions options, Action<int, int, float[]> work, CancellationToken cancellationToken)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Max(1, options.ThreadCount), CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, BlockLayout.TileCount(tensor.Rows), parallel, () => new float[room], Tile, _ => { });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        float[] Tile(int tile, ParallelLoopState state, float[] values)
        {
            work(tile * Rows, Math.Min(Rows, tensor.Rows - (tile * Rows)), values);
            return values;
        }
    }
}
