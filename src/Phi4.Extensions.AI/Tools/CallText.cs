// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Json;

namespace Phi4.Extensions.AI.Tools;

/// <summary>A call as the model writes it: <c>{"name": …, "arguments": …}</c>. Kept beside the content that it became, so that a history shows the model its own words.</summary>
internal sealed record CallText(string Json)
{
    /// <summary>The call's text: the model's own, or one made from a call that somebody else put together.</summary>
    public static string Of(FunctionCallContent call) => call.RawRepresentation is CallText own
        ? own.Json
        : JsonText.OfMembers(
            ("name", JsonText.Of(call.Name)),
            ("arguments", JsonText.OfMembers((call.Arguments ?? new Dictionary<string, object?>()).Select(argument => (argument.Key, JsonText.OfValue(argument.Value))))));

    /// <summary>The rule of a call of one of the tools.</summary>
    public static string Rule(ToolSet tools) => "call ::= " + string.Join(" | ", tools.Callable.Select(tool =>
        $"{GrammarText.Literal($"{{\"name\": {JsonText.Of(tool.Name)}, \"arguments\": ")} %json {ToolSchema.Enforced(tool)} \"}}\"")) + "\n";

    /// <summary>A tool as the model is shown it.</summary>
    public static string Describe(AIFunctionDeclaration tool) => JsonText.OfMembers(
        ("name", JsonText.Of(tool.Name)), ("description", JsonText.Of(tool.Description)), ("parameters", ToolSchema.Of(tool)));
}
