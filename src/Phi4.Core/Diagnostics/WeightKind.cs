// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;

namespace Phi4.Core.Diagnostics;

/// <summary>Quantized matrices of one kind.</summary>
/// <param name="Stored">How the files keep them.</param>
/// <param name="Becomes">What loading makes of them, unless other types are asked for.</param>
/// <param name="Count">How many there are.</param>
/// <param name="StoredBytes">Bytes in the files, scales included.</param>
/// <param name="StoredBitsPerWeight">Bits of a weight in the files, scales included.</param>
/// <param name="BitsPerWeight">Bits of a weight in memory, scales included.</param>
public sealed record WeightKind(string Stored, string Becomes, int Count, long StoredBytes, double StoredBitsPerWeight, double BitsPerWeight)
{
    internal static IReadOnlyList<WeightKind> Of(IWeightSource source) =>
    [
        .. source.Tensors.Where(tensor => tensor.Blocks is not null).GroupBy(tensor => (tensor.Stored, tensor.Becomes))
            .Select(kind => new WeightKind(
                kind.Key.Stored, kind.Key.Becomes, kind.Count(), kind.Sum(tensor => tensor.ByteCount),
                8.0 * kind.Sum(tensor => tensor.ByteCount) / kind.Sum(tensor => (double)tensor.Rows * tensor.Columns), kind.First().Blocks!.Value.BitsPerWeight)),
    ];
}
