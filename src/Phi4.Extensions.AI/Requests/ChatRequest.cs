// SPDX-License-Identifier: MIT
using Phi4.Extensions.AI.Tools;
using TemplateMessage = Phi4.Tokenizer.ChatMessage;

namespace Phi4.Extensions.AI.Requests;

/// <summary>A request, read and checked: what the model is shown, how it answers, and how its answer is to be read.</summary>
internal sealed record ChatRequest
{
    /// <summary>What the chat template gets.</summary>
    public required IReadOnlyList<TemplateMessage> Turns { get; init; }

    public required GenerationOptions Options { get; init; }

    /// <summary>The tools that may be called, or null.</summary>
    public required ToolSet? Tools { get; init; }

    public required IToolFormat ToolFormat { get; init; }

    public required ReasoningMarks? Reasoning { get; init; }

    /// <summary>Whether thoughts are part of the response.</summary>
    public required bool ShowsReasoning { get; init; }
}
