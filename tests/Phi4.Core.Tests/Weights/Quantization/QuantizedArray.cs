// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Quantization;

/// <summary>A quantized matrix in memory, with its values read back by the layout's formulas.</summary>
internal sealed unsafe class QuantizedArray : IDisposable
{
    private readonly HostBuffer _codes;
    private readonly HostBuffer _scales;

    public QuantizedArray(
        float[] values, int columns, WeightFormat format, ScaleChoice choice = ScaleChoice.Search, float[]? importance = null, int threadCount = 2,
        IReadOnlyList<float[]>? moments = null)
    {
        int rows = values.Length / columns;
        _codes = HostBuffer.Allocate(BlockLayout.CodeBytes(format, rows, columns), "codes");
        _scales = HostBuffer.Allocate(BlockLayout.ScaleBytes(rows, columns), "scales");
        nint codes = _codes.DangerousGetHandle();
        nint scales = _scales.DangerousGetHandle();
        WeightView target = format == WeightFormat.Int8 ? WeightView.Int8(rows, columns, codes, scales) : WeightView.Int4(rows, columns, codes, scales, 0, default);
        using ArraySource source = new(values, columns);
        InputStatistics? inputs = importance is null && moments is null ? null : new InputStatistics(importance ?? [.. Diagonal(moments!, columns)], moments);
        (View, Error) = MatrixQuantizer.Run(
            source, source.Tensor, target, new QuantizerOptions { Choice = choice, ThreadCount = threadCount, Inputs = inputs }, default);
    }

    public WeightView View { get; }

    public QuantizationError Error { get; }

    public byte[] Codes => new ReadOnlySpan<byte>((void*)View.Values.Address, (int)_codes.ByteCount).ToArray();

    public Half[] Scales => new ReadOnlySpan<Half>((void*)View.Scales, (int)_scales.ByteCount / 2).ToArray();

    public double Value(int row, int column)
    {
        byte code = Codes[BlockLayout.CodeOffset(View.Format, View.Columns, row, column)];
        double scale = (double)Scales[BlockLayout.ScaleIndex(View.Columns, row, column)];
        return scale * (View.Format == WeightFormat.Int8 ? (sbyte)code : View.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15]);
    }

    public double[] Values()
    {
        byte[] codes = Codes;
        Half[] scales = Scales;
        double[] values = new double[View.Rows * View.Columns];
        for (int i = 0; i < values.Length; i++)
        {
            (int row, int column) = (i / View.Columns, i % View.Columns);
            byte code = codes[BlockLayout.CodeOffset(View.Format, View.Columns, row, column)];
            double level = View.Format == WeightFormat.Int8 ? (sbyte)code : View.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15];
            values[i] = (double)scales[BlockLayout.ScaleIndex(View.Columns, row, column)] * level;
        }

        return values;
    }

    private static IEnumerable<float> Diagonal(IReadOnlyList<float[]> moments, int columns)
    {
        for (int i = 0; i < columns; i++)
        {
            int start = i / InputStatistics.GroupSize * InputStatistics.GroupSize;
            int n = Math.Min(InputStatistics.GroupSize, columns - start);
            yield return moments[i / InputStatistics.GroupSize][(i - start) * (n + 1)];
        }
    }

    public void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
    }
}
