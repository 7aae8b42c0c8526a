// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Tokenizer;
using TemplateMessage = Phi4.Tokenizer.ChatMessage;

namespace Phi4.Extensions.AI.Tools;

/// <summary>
/// phi-4-mini's own: the chat template puts the tools between <c>&lt;|tool|&gt;</c> and <c>&lt;|/tool|&gt;</c>, a call is a member of one JSON list behind <c>functools</c>, and each
/// result is a turn of the role <c>tool_response</c>, for which the vocabulary has a token.
/// </summary>
internal sealed class FunctoolsFormat : IToolFormat
{
    public string Marker => "functools[";

    /// <summary>Whether a template shows tools in this way.</summary>
    public static bool IsKnownTo(ChatTemplate template) => template.Source.Contains("<|tool|>", StringComparison.Ordinal);

    public string Describe(ToolSet tools) => "[" + string.Join(", ", tools.All.Select(CallText.Describe)) + "]";

    public string Rulebook(ToolSet tools) => """
        You can answer in words or call functions. Call one when the answer needs what you do not know or has to be done outside. To call functions, write functools and one JSON list:
        functools[{"name": "the function's name", "arguments": {"argument": "value"}}]
        """.ReplaceLineEndings("\n");

    public string? ToolField(ToolSet tools) => Describe(tools);

    public string Rules(ToolSet tools) => $"calls ::= \"{Marker}\" call{(tools.MayRepeat ? " (\", \" call)*" : "")} \"]\"\n{CallText.Rule(tools)}";

    public string RenderCalls(IReadOnlyList<FunctionCallContent> calls) => Marker + string.Join(", ", calls.Select(CallText.Of)) + "]";

    public IEnumerable<TemplateMessage> RenderResults(IReadOnlyList<ToolResult> results) => results.Select(result => new TemplateMessage("tool_response", result.Json));
}
