// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>What a loaded model holds and reads, in bytes.</summary>
/// <param name="WeightBytes">All weights as the kernels read them: after quantization, scales included.</param>
/// <param name="WeightBytesPerToken">Weights read for one token: all but the rows of the embedding that it does not name.</param>
/// <param name="CacheBytesPerToken">Keys and values of one cached token over all layers: what each later token reads again.</param>
public sealed record ModelFootprint(long WeightBytes, long WeightBytesPerToken, long CacheBytesPerToken)
{
    /// <summary>How the matrices of the layers are kept; never <see cref="WeightType.AsStored"/> for a loaded model.</summary>
    public WeightType LayerWeights { get; init; }

    /// <summary>How the head is kept; never <see cref="WeightType.AsStored"/> for a loaded model.</summary>
    public WeightType HeadWeights { get; init; }
}
