// SPDX-License-Identifier: MIT
using Phi4.Core.Weights;

namespace Phi4.Quality;

/// <summary>The matrices that formats are about.</summary>
internal static class LayerMatrices
{
    public static bool Contains(SourceTensor tensor) => tensor.Shape.Count == 2 && tensor.Name is not (WeightNames.Embedding or WeightNames.Head);

    /// <summary>Bits a weight as stored, scales and all: the mean over the matrices of the layers.</summary>
    public static double Bits(IWeightSource source)
    {
        SourceTensor[] matrices = [.. source.Tensors.Where(Contains)];
        return matrices.Sum(tensor => 8.0 * tensor.ByteCount) / matrices.Sum(tensor => (double)tensor.Rows * tensor.Columns);
    }

    /// <summary>The types that they are stored in, the most frequent first: a format may not fit every width.</summary>
    public static string Types(IWeightSource source) => string.Join(
        " + ", source.Tensors.Where(Contains).GroupBy(tensor => tensor.Stored).OrderByDescending(group => group.Sum(tensor => tensor.ByteCount)).Select(group => group.Key));
}
