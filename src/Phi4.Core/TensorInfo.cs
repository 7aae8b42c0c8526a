// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4;

/// <summary>A tensor of a checkpoint file: what it is called, what it holds, and where.</summary>
/// <param name="Name">The checkpoint's name for it.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Sizes, outermost first; empty for a single value.</param>
/// <param name="File">Path of the file that holds it.</param>
/// <param name="FileOffset">First byte of its data, counted from the file's start.</param>
/// <param name="ByteCount">Bytes of its data.</param>
public sealed record TensorInfo(string Name, DType DType, IReadOnlyList<long> Shape, string File, long FileOffset, long ByteCount)
{
    /// <summary>The format's name where values lie in blocks, e.g. <c>Q4_K</c> in a GGUF file; <see cref="DType"/> then says bytes. Null for plain elements.</summary>
    public string? BlockFormat { get; init; }

    /// <summary>What the elements are, as people write it.</summary>
    public string TypeName => BlockFormat ?? DType.ToSafetensorsName();

    /// <summary>Type and shape as people write them, e.g. <c>BF16 [5120, 17920]</c>.</summary>
    public string Signature => $"{TypeName} [{string.Join(", ", Shape)}]";
}
