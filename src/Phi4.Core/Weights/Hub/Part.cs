// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Core.Weights.Hub;

/// <summary>A tensor that is part of a packed matrix, where it lies in its file.</summary>
internal sealed class Part(SafetensorsFile file, TensorInfo tensor)
{
    public TensorInfo Tensor => tensor;

    public ReadOnlySpan<byte> Bytes => file.Bytes(tensor);

    /// <summary>The values; the file's header has been checked for their alignment.</summary>
    public ReadOnlySpan<T> As<T>()
        where T : struct => MemoryMarshal.Cast<byte, T>(Bytes);
}
