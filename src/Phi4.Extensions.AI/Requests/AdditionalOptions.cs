// SPDX-License-Identifier: MIT
using System.Collections;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Requests;

/// <summary>
/// The documented keys of <see cref="ChatOptions.AdditionalProperties"/>. Other keys are left to others, since middleware uses them too. Values may be numbers, texts of numbers, or JSON, as they
/// come from configuration files and requests.
/// </summary>
internal static class AdditionalOptions
{
    public static GenerationOptions Apply(GenerationOptions options, AdditionalPropertiesDictionary? properties)
    {
        foreach ((string key, object? value) in properties ?? [])
        {
            if (value is not null)
            {
                options = Apply(options, key, value);
            }
        }

        return options;
    }

    private static GenerationOptions Apply(GenerationOptions options, string key, object value) => key switch
    {
        "min_p" => options with { MinP = Number(key, value) },
        "typical_p" => options with { TypicalP = Number(key, value) },
        "repetition_penalty" => options with { RepetitionPenalty = Number(key, value) },
        "min_tokens" => options with { MinTokens = Whole(key, value) },
        "ignore_eos" => options with { IgnoreEndTokens = Truth(key, value) },
        "prompt_cache" => options with { PromptCache = Truth(key, value) },
        "logprobs" => Truth(key, value) ? options with { LogProbs = options.LogProbs ?? 0 } : options with { LogProbs = null },
        "top_logprobs" => options with { LogProbs = Whole(key, value) },
        "logit_bias" => options with { LogitBias = Biases(key, value) },
        "stop_token_ids" => options with { StopTokenIds = Ids(key, value) },
        _ => options,
    };

    private static float Number(string key, object value)
    {
        string? text = TextOf(value);
        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) ? number : throw Fault(key, value, "a number");
    }

    private static int Whole(string key, object value) =>
        int.TryParse(TextOf(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw Fault(key, value, "a whole number");

    private static bool Truth(string key, object value) => bool.TryParse(TextOf(value), out bool truth) ? truth : throw Fault(key, value, "true or false");

    private static Dictionary<int, float> Biases(string key, object value)
    {
        IEnumerable<(object Id, object? Bias)> pairs = value switch
        {
            IDictionary map => map.Keys.Cast<object>().Select(id => (id, map[id])),
            IReadOnlyDictionary<int, float> map => map.Select(pair => ((object)pair.Key, (object?)pair.Value)),
            JsonElement { ValueKind: JsonValueKind.Object } json => json.EnumerateObject().Select(member => ((object)member.Name, (object?)member.Value)),
            _ => throw Fault(key, value, "a map from token ids to numbers"),
        };
        return pairs.ToDictionary(pair => Whole(key, pair.Id), pair => Number(key, pair.Bias ?? "null"));
    }

    private static int[] Ids(string key, object value) => value switch
    {
        JsonElement { ValueKind: JsonValueKind.Array } json => [.. json.EnumerateArray().Select(id => Whole(key, id))],
        string => throw Fault(key, value, "a list of token ids"),
        IEnumerable ids => [.. ids.Cast<object>().Select(id => Whole(key, id))],
        _ => throw Fault(key, value, "a list of token ids"),
    };

    private static string? TextOf(object value) => value is JsonElement json
        ? json.ValueKind == JsonValueKind.String ? json.GetString() : json.GetRawText()
        : Convert.ToString(value, CultureInfo.InvariantCulture);

    private static InvalidOptionsException Fault(string key, object value, string allowed) => new($"AdditionalProperties[\"{key}\"]", value, allowed);
}
