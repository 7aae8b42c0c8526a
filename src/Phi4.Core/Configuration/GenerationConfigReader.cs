// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>Reads <c>generation_config.json</c>: end tokens and sampling defaults.</summary>
public static class GenerationConfigReader
{
    /// <summary>The file's usual name.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The JSON file itself; if it does not exist the result is <see cref="GenerationConfig.Empty"/>.</param>
    /// <param name="vocabSize">Token ids must be below it.</param>
    /// <exception cref="ModelFormatException">The file is malformed or a value is out of its range.</exception>
    public static GenerationConfig Read(string path, int vocabSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path) ? Parse(ConfigObject.ReadFile(path), path, vocabSize) : GenerationConfig.Empty;
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="vocabSize">Token ids must be below it.</param>
    /// <exception cref="ModelFormatException">The text is malformed or a value is out of its range.</exception>
    public static GenerationConfig Parse(ReadOnlyMemory<byte> utf8, string file, int vocabSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabSize);
        ConfigObject json = ConfigObject.Parse(utf8, file);
        return new GenerationConfig
        {
            BeginTokenId = json.OptionalInt("bos_token_id", 0, vocabSize - 1),
            EndTokenIds = json.TokenIds("eos_token_id", vocabSize),
            PadTokenId = json.OptionalInt("pad_token_id", -1, int.MaxValue),
            DoSample = json.OptionalFlag("do_sample"),
            Temperature = json.OptionalNumber("temperature", 0, float.MaxValue, "a number of at least 0"),
            TopK = json.OptionalInt("top_k", 0, int.MaxValue),
            TopP = json.OptionalNumber("top_p", double.Epsilon, 1, "a number above 0 and at most 1"),
            MinP = json.OptionalNumber("min_p", 0, 1, "a number from 0 to 1"),
            TypicalP = json.OptionalNumber("typical_p", double.Epsilon, 1, "a number above 0 and at most 1"),
            RepetitionPenalty = json.OptionalPositiveNumber("repetition_penalty"),
            MaxNewTokens = json.OptionalPositiveInt("max_new_tokens", int.MaxValue),
        };
    }
}
