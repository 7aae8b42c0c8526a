// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>How far the loading of a model's weights has come.</summary>
/// <param name="BytesDone">Bytes checked, mapped and, where that was asked for, read.</param>
/// <param name="BytesTotal">Bytes of all tensors.</param>
/// <param name="TensorsDone">Tensors done.</param>
/// <param name="TensorsTotal">All tensors.</param>
/// <param name="Tensor">The tensor at hand, as the checkpoint names it; null at the end.</param>
public sealed record LoadProgress(long BytesDone, long BytesTotal, int TensorsDone, int TensorsTotal, string? Tensor);
