// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights.Gguf;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">The file's name for it.</param>
/// <param name="Type">How its values are kept.</param>
/// <param name="Shape">Sizes, outermost first: the reverse of the file's order.</param>
/// <param name="FileOffset">First byte of its data, counted from the file's start.</param>
/// <param name="ByteCount">Bytes of its data.</param>
internal sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long FileOffset, long ByteCount)
{
    /// <summary>Values of a row.</summary>
    public long Columns => Shape[^1];

    /// <summary>Rows; 1 for a vector.</summary>
    public long Rows => Shape.SkipLast(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>Type and shape as people write them, e.g. <c>Q4_K [5120, 17920]</c>.</summary>
    public string Signature => $"{Type} [{string.Join(", ", Shape)}]";
}
