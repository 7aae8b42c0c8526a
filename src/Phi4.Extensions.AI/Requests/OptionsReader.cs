// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Requests;

/// <summary>The options that say how the next token is chosen and when the answer ends. Core checks their values.</summary>
internal static class OptionsReader
{
    public static GenerationOptions Read(ChatOptions options, IChatClient client)
    {
        RefuseSessions(options);
        GenerationOptions start = AdditionalOptions.Apply(Raw(options, client), options.AdditionalProperties);
        return start with
        {
            MaxTokens = options.MaxOutputTokens ?? start.MaxTokens,
            Temperature = options.Temperature ?? start.Temperature,
            TopP = options.TopP ?? start.TopP,
            TopK = options.TopK ?? start.TopK,
            FrequencyPenalty = options.FrequencyPenalty ?? start.FrequencyPenalty,
            PresencePenalty = options.PresencePenalty ?? start.PresencePenalty,
            Seed = options.Seed ?? start.Seed,
            StopStrings = options.StopSequences is { Count: > 0 } stops ? [.. stops] : start.StopStrings,
        };
    }

    private static GenerationOptions Raw(ChatOptions options, IChatClient client) => options.RawRepresentationFactory?.Invoke(client) switch
    {
        null => GenerationOptions.Default,
        GenerationOptions raw => raw,
        var other => throw new InvalidOptionsException(nameof(ChatOptions.RawRepresentationFactory), other.GetType().Name, $"null, or a factory of {nameof(GenerationOptions)}"),
    };

    private static void RefuseSessions(ChatOptions options)
    {
        if (options.ConversationId is not null)
        {
            throw new InvalidOptionsException(nameof(options.ConversationId), options.ConversationId, "null: the client keeps no conversations, so each request brings its whole history");
        }

        if (options.ContinuationToken is not null)
        {
            throw new InvalidOptionsException(nameof(options.ContinuationToken), options.ContinuationToken.GetType().Name, "null: answers run in the foreground");
        }
    }
}
