// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI;

/// <summary>What a <see cref="Phi4ChatClient"/> is told once, for all requests. Immutable.</summary>
public sealed record Phi4ChatClientOptions
{
    /// <summary>The name that responses carry and that <c>ChatOptions.ModelId</c> may ask for.</summary>
    public string ModelId { get; init; } = "microsoft/phi-4";

    /// <summary>Further names that <c>ChatOptions.ModelId</c> may ask for.</summary>
    public IReadOnlyList<string> ModelAliases { get; init; } = [];

    /// <summary>How tools are shown to the model and how it calls them.</summary>
    public ToolCallFormat ToolCallFormat { get; init; } = ToolCallFormat.Auto;

    /// <summary>How the model marks what it thinks before it answers.</summary>
    public ReasoningFormat ReasoningFormat { get; init; } = ReasoningFormat.Auto;

    /// <summary>
    /// Whether a request for JSON also tells the model so, with the schema, at the end of the system turn. Without, the answer has the same form, but the model learns of its members
    /// one by one, as they are forced on it.
    /// </summary>
    public bool DescribeResponseFormat { get; init; } = true;
}

/// <summary>How tools are shown to the model and how it calls them.</summary>
public enum ToolCallFormat
{
    /// <summary><see cref="Functools"/> where the chat template is phi-4-mini's, else <see cref="Tagged"/>.</summary>
    Auto,

    /// <summary>For models that were not trained for tools: tools and rules in the system turn, calls as JSON between <c>&lt;tool_call&gt;</c> and <c>&lt;/tool_call&gt;</c>.</summary>
    Tagged,

    /// <summary>phi-4-mini's own: tools between <c>&lt;|tool|&gt;</c> and <c>&lt;|/tool|&gt;</c>, calls as one JSON list behind <c>functools</c>.</summary>
    Functools,
}

/// <summary>How the model marks what it thinks before it answers.</summary>
public enum ReasoningFormat
{
    /// <summary><see cref="ThinkTags"/> where the chat template or the special tokens know <c>&lt;think&gt;</c>, else <see cref="None"/>.</summary>
    Auto,

    /// <summary>It does not: everything is the answer.</summary>
    None,

    /// <summary>An answer may begin with thoughts between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>.</summary>
    ThinkTags,
}
