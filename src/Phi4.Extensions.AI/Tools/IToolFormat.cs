// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using TemplateMessage = Phi4.Tokenizer.ChatMessage;

namespace Phi4.Extensions.AI.Tools;

/// <summary>
/// How tools, calls and results look to one kind of model. In every format calls begin with a marker that no other text may hold, each call is a JSON object with <c>name</c> and
/// <c>arguments</c>, and what stands around these objects is punctuation: so all formats are read by one reader.
/// </summary>
internal interface IToolFormat
{
    /// <summary>Where text ends and calls begin. Its first character does not come again in it.</summary>
    string Marker { get; }

    /// <summary>The tools as the model is shown them; the test that it is shown them looks for this text.</summary>
    string Describe(ToolSet tools);

    /// <summary>What the system turn says about tools.</summary>
    string Rulebook(ToolSet tools);

    /// <summary>What the chat template gets as the system message's member <c>tools</c>; null for nothing.</summary>
    string? ToolField(ToolSet tools);

    /// <summary>Grammar rules, <c>calls</c> among them: everything from the marker to the answer's end.</summary>
    string Rules(ToolSet tools);

    /// <summary>Calls of the history, as the model would have written them.</summary>
    string RenderCalls(IReadOnlyList<FunctionCallContent> calls);

    /// <summary>Results that follow each other in the history.</summary>
    IEnumerable<TemplateMessage> RenderResults(IReadOnlyList<ToolResult> results);
}
