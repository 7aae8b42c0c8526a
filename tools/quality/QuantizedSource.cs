// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Quantization;
using Phi4.Kernels;

namespace Phi4.Quality;

/// <summary>
/// Another source's tensors as they come back from our blocks: for judging the format alone, with exact activations. Matrices of layers only; the rest passes through.
/// </summary>
internal sealed class QuantizedSource : IWeightSource
{
    private readonly IWeightSource _inner;
    private readonly Dictionary<string, float[]> _values = new(StringComparer.Ordinal);

    public QuantizedSource(IWeightSource inner, WeightType type, ScaleChoice choice)
    {
        _inner = inner;
        Format = WeightPlan.Blocks(type)!.Value;
        foreach (SourceTensor tensor in inner.Tensors.Where(LayerMatrices.Contains))
        {
            _values[tensor.Name] = Round(tensor, choice);
        }

        Tensors = [.. inner.Tensors.Select(Describe)];
    }

    public BlockFormat Format { get; }

    public string Path => _inner.Path;

    public IReadOnlyList<SourceTensor> Tensors { get; }

    public SourceTensor? Find(string name) => Tensors.FirstOrDefault(tensor => tensor.Name == name);

    public WeightView Map(SourceTensor tensor) => _values.ContainsKey(tensor.Name) ? default : _inner.Map(tensor);

    public void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination)
    {
        if (_values.TryGetValue(tensor.Name, out float[]? values))
        {
            values.AsSpan(start * tensor.Columns, count * tensor.Columns).CopyTo(destination);
        }
        else
        {
            _inner.ReadRows(tensor, start, count, destination);
        }
    }

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> codes, Span<Half> scales, Span<Half> offsets) =>
        _inner.ReadBlocks(tensor, start, count, codes, scales, offsets);

    public void Dispose() => _inner.Dispose();

    private SourceTensor Describe(SourceTensor tensor) => !_values.ContainsKey(tensor.Name) ? tensor : tensor with
    {
        IsMapped = false,
        Floats = DType.F32,
        Stored = Format.Format.ToString(),
        ByteCount = Format.ByteCount(tensor.Rows, tensor.Columns),
    };

    private float[] Round(SourceTensor tensor, ScaleChoice choice)
    {
        (int rows, int columns) = (tensor.Rows, tensor.Columns);
        byte[] memory = new byte[Format.ByteCount(rows, columns)];
        GCHandle pinned = GCHandle.Alloc(memory, GCHandleType.Pinned);
        try
        {
            nint codes = pinned.AddrOfPinnedObject();
            int codeBytes = (int)BlockLayout.CodeBytes(Format.Format, rows, columns);
            WeightView view = Format.Format == WeightFormat.Int8
                ? WeightView.Int8(rows, columns, codes, codes + codeBytes)
                : WeightView.Int4(rows, columns, codes, codes + codeBytes, 0, Format.Table);
            MatrixQuantizer.Run(_inner, tensor, default, view, new QuantizerOptions { Choice = choice }, CancellationToken.None);
            ReadOnlySpan<Half> scales = MemoryMarshal.Cast<byte, Half>(memory.AsSpan(codeBytes));
            float[] values = new float[rows * columns];
            for (int i = 0; i < values.Length; i++)
            {
                (int row, int column) = (i / columns, i % columns);
                byte code = memory[BlockLayout.CodeOffset(Format.Format, columns, row, column)];
                float value = Format.Format == WeightFormat.Int8 ? (sbyte)code : Format.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15];
                values[i] = value * (float)scales[(int)BlockLayout.ScaleIndex(columns, row, column)];
            }

            return values;
        }
        finally
        {
            pinned.Free();
        }
    }
}
