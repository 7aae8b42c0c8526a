// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Tokenizer;

namespace Phi4.Core.Generation;

/// <summary>What a model is made from: a folder in Hugging Face layout, or one GGUF file that holds everything.</summary>
/// <param name="Config">What the model is.</param>
/// <param name="Generation">How its publisher wants it sampled.</param>
/// <param name="HasWeights">There is something to load; a GGUF file always has weights.</param>
/// <param name="ReadText">Reads tokenizer and chat template; null if there is no tokenizer.</param>
/// <param name="OpenWeights">Opens the weights.</param>
internal sealed record ModelFiles(
    ModelConfig Config, GenerationConfig Generation, bool HasWeights, Func<TextTools?> ReadText, Func<CancellationToken, IWeightSource> OpenWeights)
{
    /// <exception cref="ModelFormatException">There is no model, or a file is malformed or not supported.</exception>
    public static ModelFiles Read(string path) => GgufFile.IsPath(path) ? ReadGguf(path) : ReadFolder(path);

    private static ModelFiles ReadFolder(string folder)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(folder, ModelConfigReader.FileName));
        string generationFile = Path.Combine(folder, GenerationConfigReader.FileName);
        return new ModelFiles(
            config,
            File.Exists(generationFile) ? GenerationConfigReader.Read(generationFile, config.VocabSize) : GenerationConfig.Empty,
            Checkpoint.IsPresent(folder),
            () => Phi4Tokenizer.TryFromFolder(folder) is { } tokenizer ? new TextTools(tokenizer, ChatTemplate.FindInFolder(folder)) : null,
            cancellationToken => WeightSources.Open(config, folder, cancellationToken));
    }

    private static ModelFiles ReadGguf(string path)
    {
        using GgufSource file = GgufSource.Open(path);
        GgufMetadata metadata = file.Metadata;
        return new ModelFiles(file.Config, GenerationConfig.Empty, HasWeights: true, () => GgufText.Read(metadata), _ => GgufSource.Open(path));
    }
}
