// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Requests;

/// <summary>What a request may say about thoughts. How much a model thinks was settled when it was trained, so only what is so anyway can be asked for.</summary>
internal static class ReasoningReader
{
    /// <summary>Whether thoughts are part of the response.</summary>
    public static bool ShowsReasoning(ReasoningOptions? options, bool modelReasons)
    {
        if (options?.Effort is { } effort && (modelReasons || effort != ReasoningEffort.None))
        {
            throw new InvalidOptionsException("Reasoning.Effort", effort, modelReasons ? "null: this model thinks as much as it was trained to" : "null or None: this model does not think first");
        }

        return options?.Output switch
        {
            null or ReasoningOutput.Full => true,
            ReasoningOutput.None => false,
            var other => throw new InvalidOptionsException("Reasoning.Output", other, "null, None or Full"),
        };
    }
}
