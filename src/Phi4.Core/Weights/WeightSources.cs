// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights.Hub;

namespace Phi4.Core.Weights;

/// <summary>Picks the reader for what a folder holds.</summary>
internal static class WeightSources
{
    /// <exception cref="ModelFormatException">The files break their format.</exception>
    public static IWeightSource Open(ModelConfig config, string folder, CancellationToken cancellationToken = default) =>
        config.BlockWeights is not null ? BlockSource.Open(config, folder, cancellationToken)
        : config.PackedWeights is not null ? PackedSource.Open(config, folder, cancellationToken)
        : FloatSource.Open(folder, cancellationToken);
}
