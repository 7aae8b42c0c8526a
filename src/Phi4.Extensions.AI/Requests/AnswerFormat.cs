// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Json;

namespace Phi4.Extensions.AI.Requests;

/// <summary>JSON as an answer: under a schema, or any.</summary>
/// <param name="Schema">The schema's text; null for any JSON value.</param>
/// <param name="Description">What its author says of it, or null.</param>
internal sealed record AnswerFormat(string? Schema, string? Description)
{
    /// <summary>What the answer is held to; null for any JSON value.</summary>
    public string? Enforced => Schema is null ? null : DotNetSchema.Narrow(Schema);

    /// <summary>Null for text as it comes.</summary>
    public static AnswerFormat? Read(ChatResponseFormat? format) => format switch
    {
        null or ChatResponseFormatText => null,
        ChatResponseFormatJson json => new AnswerFormat(json.Schema is { } schema ? JsonText.Of(schema) : null, json.SchemaDescription),
        _ => throw new InvalidOptionsException(nameof(ChatOptions.ResponseFormat), format.GetType().Name, "null, Text, Json, or a JSON Schema"),
    };

    public Constraint ToConstraint() => Enforced is { } schema ? Constraint.JsonSchema(schema) : Constraint.Json();

    /// <summary>What the model is told.</summary>
    public string Describe() =>
        (Schema is null ? "Answer with JSON and nothing else." : $"Answer with JSON and nothing else. It has to be valid under this JSON Schema:\n{Schema}")
        + (Description is { Length: > 0 } ? $"\n{Description}" : "");
}
