// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Weights.Quantization;

/// <summary>A source of one matrix, from an array.</summary>
internal sealed class ArraySource(float[] values, int columns) : IWeightSource
{
    public string Path => "memory";

    public SourceTensor Tensor { get; } = new("w", [values.Length / columns, columns], "F32", "memory", values.Length * 4L) { Floats = DType.F32 };

    public IReadOnlyList<SourceTensor> Tensors => [Tensor];

    public SourceTensor? Find(string name) => name == "w" ? Tensor : null;

    public WeightView Map(SourceTensor tensor) => default;

    public void ReadRows(SourceTensor tensor, int start, int count, Span<float> destination) =>
        values.AsSpan(start * columns, count * columns).CopyTo(destination);

    public void ReadBlocks(SourceTensor tensor, int start, int count, Span<byte> tiles) => throw new InvalidOperationException();

    public void Dispose()
    {
    }
}
