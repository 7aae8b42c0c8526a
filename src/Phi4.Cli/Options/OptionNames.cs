// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Options;

/// <summary>What the library's option properties are called on the command line.</summary>
internal static class OptionNames
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        [nameof(GenerationOptions.MaxTokens)] = "--max-tokens",
        [nameof(GenerationOptions.MinTokens)] = "--min-tokens",
        [nameof(GenerationOptions.Temperature)] = "--temperature",
        [nameof(GenerationOptions.TopK)] = "--top-k",
        [nameof(GenerationOptions.TopP)] = "--top-p",
        [nameof(GenerationOptions.MinP)] = "--min-p",
        [nameof(GenerationOptions.TypicalP)] = "--typical-p",
        [nameof(GenerationOptions.RepetitionPenalty)] = "--repeat-penalty",
        [nameof(GenerationOptions.PresencePenalty)] = "--presence-penalty",
        [nameof(GenerationOptions.FrequencyPenalty)] = "--frequency-penalty",
        [nameof(GenerationOptions.LogitBias)] = "--logit-bias",
        [nameof(GenerationOptions.LogProbs)] = "--logprobs",
        [nameof(GenerationOptions.Seed)] = "--seed",
        [nameof(GenerationOptions.StopStrings)] = "--stop",
        [nameof(Phi4LoadOptions.ContextLength)] = "--ctx-size",
        [nameof(Phi4LoadOptions.ThreadCount)] = "--threads",
        [nameof(Phi4LoadOptions.DeviceIndex)] = "--device cuda:N",
        [nameof(QuantizationOptions.Weights)] = "--weights",
        [nameof(QuantizationOptions.CalibrationText)] = "--calibrate",
        [nameof(QuantizationOptions.ImportanceFile)] = "--importance",
    };

    /// <summary>The library's words with the option as it was typed.</summary>
    public static string Describe(InvalidOptionsException e) =>
        Names.TryGetValue(e.Option, out string? name) && e.Message.StartsWith(e.Option, StringComparison.Ordinal)
            ? name + e.Message[e.Option.Length..]
            : e.Message;
}
