// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Quantization;

/// <summary>A quantized matrix in memory, with its values read back by the layout's formulas.</summary>
internal sealed unsafe class QuantizedArray : IDisposable
{
    private readonly HostBuffer _blocks;

    public QuantizedArray(
        float[] values, int columns, WeightFormat format, ScaleChoice choice = ScaleChoice.Search, float[]? importance = null, int threadCount = 2,
        IReadOnlyList<float[]>? moments = null)
    {
        int rows = values.Length / columns;
        _blocks = HostBuffer.Allocate(new BlockLayout(format).ByteCount(rows, columns), "blocks");
        WeightView target = new BlockFormat(format).View(rows, columns, _blocks.DangerousGetHandle());
        using ArraySource source = new(values, columns);
        InputStatistics? inputs = importance is null && moments is null ? null : new InputStatistics(importance ?? [.. Diagonal(moments!, columns)], moments);
        (View, Error) = MatrixQuantizer.Run(
            source, source.Tensor, target, new QuantizerOptions { Choice = choice, ThreadCount = threadCount, Inputs = inputs }, default);
    }

    public WeightView View { get; }

    public QuantizationError Error { get; }

    /// <summary>Codes and scales as they lie.</summary>
    public byte[] Blocks => new ReadOnlySpan<byte>((void*)View.Values.Address, (int)View.ByteCount).ToArray();

    /// <summary>The scale of each block of each row, those that fill the last tile left out.</summary>
    public Half[] Scales =>
    [
        .. from row in Enumerable.Range(0, View.Rows)
           from block in Enumerable.Range(0, BlockLayout.BlockCount(View.Columns))
           select ScaleOf(row, block * BlockLayout.BlockSize),
    ];

    /// <summary>The code byte of (row, column).</summary>
    public byte Code(int row, int column) => ((byte*)View.Values.Address)[View.Layout.CodeOffset(View.Columns, row, column)];

    public double Value(int row, int column)
    {
        byte code = Code(row, column);
        return (double)ScaleOf(row, column) * (View.Format == WeightFormat.Int8 ? (sbyte)code : View.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15]);
    }

    public double[] Values() => [.. Enumerable.Range(0, View.Rows * View.Columns).Select(i => Value(i / View.Columns, i % View.Columns))];

    private static IEnumerable<float> Diagonal(IReadOnlyList<float[]> moments, int columns)
    {
        for (int i = 0; i < columns; i++)
        {
            int start = i / InputStatistics.GroupSize * InputStatistics.GroupSize;
            int n = Math.Min(InputStatistics.GroupSize, columns - start);
            yield return moments[i / InputStatistics.GroupSize][(i - start) * (n + 1)];
        }
    }

    public void Dispose() => _blocks.Dispose();

    private Half ScaleOf(int row, int column) => *(Half*)(View.Values.Address + (nint)View.Layout.ScaleOffset(View.Columns, row, column));
}
