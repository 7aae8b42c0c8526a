// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;

namespace Phi4.Core.Weights;

/// <summary>Picks the reader for what a folder holds.</summary>
internal static class WeightSources
{
    /// <exception cref="ModelFormatException">The files break their format.</exception>
    public static IWeightSource Open(ModelConfig config, string folder, CancellationToken cancellationToken = default) =>
        config.BlockWeights is null ? FloatSource.Open(folder, cancellationToken) : BlockSource.Open(config, folder, cancellationToken);
}
