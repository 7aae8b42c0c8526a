// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;

namespace Phi4;

/// <summary>Quantizes checkpoints once and for all: the result is mapped into memory and used as it lies. docs/quantization.md describes the files.</summary>
public static class Phi4Quantizer
{
    /// <summary>
    /// Reads a model tensor by tensor, quantizes it on all cores and writes it to a new folder: weights, configuration, tokenizer and generation files. Loading the folder
    /// gives the same bits as quantizing while loading. Beside the mapped source there is never more in memory than the largest tensor. The folder appears under its
    /// name when it is complete and on the disk, not before; a failed or cancelled call leaves nothing.
    /// </summary>
    /// <param name="input">A model folder as <see cref="Phi4Model.LoadAsync"/> takes it, a GGUF file, or the name of a downloaded model.</param>
    /// <param name="output">The folder to be made; nothing may be there.</param>
    /// <param name="options">Null for 4 bits with searched scales.</param>
    /// <param name="progress">Told of bytes of the source.</param>
    /// <param name="cancellationToken">Stops within a moment.</param>
    /// <returns>What was kept and lost.</returns>
    /// <exception cref="ModelFormatException">The source is not what it should be, or holds a weight that no scale covers.</exception>
    /// <exception cref="InvalidOptionsException">An impossible option, or something is there already under the output's name.</exception>
    /// <exception cref="InsufficientDiskSpaceException">The result does not fit on the disk.</exception>
    public static Task<QuantizationReport> QuantizeAsync(
        string input, string output, QuantizationOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentException.ThrowIfNullOrEmpty(output);
        return Task.Run(() => ModelQuantizer.Run(ModelPath.Find(input, null), output, options ?? new QuantizationOptions(), progress, cancellationToken), cancellationToken);
    }
}
