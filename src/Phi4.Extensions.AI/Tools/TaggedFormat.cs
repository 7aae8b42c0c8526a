// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Json;
using TemplateMessage = Phi4.Tokenizer.ChatMessage;

namespace Phi4.Extensions.AI.Tools;

/// <summary>
/// For models that were not trained for tools, such as phi-4: all of it is ordinary text in turns that every chat template knows. The words are docs/extensions-ai.md's.
/// </summary>
internal sealed class TaggedFormat : IToolFormat
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";

    public string Marker => Open;

    public string Describe(ToolSet tools) => string.Join('\n', tools.All.Select(CallText.Describe));

    public string Rulebook(ToolSet tools) => $$$"""
        # Tools

        You can call tools. Each line below describes one as JSON: its name, what it does, and the JSON Schema of its arguments.
        <tools>
        {{{Describe(tools)}}}
        </tools>

        When a tool is needed, write its call in this form, with nothing behind it, and one line for each call:
        {{{Open}}}{"name": "the tool's name", "arguments": {"argument": "value"}}{{{Close}}}
        What the tools gave comes back between <tool_response> and </tool_response>. When no tool is needed, just answer.
        """.ReplaceLineEndings("\n");

    public string? ToolField(ToolSet tools) => null;

    public string Rules(ToolSet tools) =>
        $"calls ::= tagged{(tools.MayRepeat ? " (\"\\n\" tagged)*" : "")}\ntagged ::= \"{Open}\" call \"{Close}\"\n{CallText.Rule(tools)}";

    public string RenderCalls(IReadOnlyList<FunctionCallContent> calls) => string.Join('\n', calls.Select(call => Open + CallText.Of(call) + Close));

    public IEnumerable<TemplateMessage> RenderResults(IReadOnlyList<ToolResult> results) =>
    [
        new("user", string.Join('\n', results.Select(result => $"<tool_response>{JsonText.OfMembers(("name", JsonText.Of(result.Name)), ("result", result.Json))}</tool_response>"))),
    ];
}
