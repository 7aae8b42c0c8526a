// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Json;

namespace Phi4.Extensions.AI.Tools;

/// <summary>The schema of a tool's arguments, which are an object always. A tool that names no arguments takes none.</summary>
internal static class ToolSchema
{
    private static readonly string[] SaysMembers = ["properties", "required", "additionalProperties", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"];

    public static string Of(AIFunctionDeclaration tool)
    {
        JsonObject schema = tool.JsonSchema.ValueKind switch
        {
            JsonValueKind.Object => JsonNode.Parse(JsonText.Of(tool.JsonSchema))!.AsObject(),
            JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.True => [],
            _ => throw Refusal(tool, tool.JsonSchema.GetRawText()),
        };
        if (schema["type"] is { } type && !(type is JsonValue value && value.TryGetValue(out string? name) && name == "object"))
        {
            throw Refusal(tool, type.ToJsonString());
        }

        schema["type"] = "object";
        bool namesNone = !SaysMembers.Any(keyword => schema.ContainsKey(keyword) && !(keyword is "properties" && schema[keyword] is JsonObject { Count: 0 }));
        if (namesNone)
        {
            schema["additionalProperties"] = false;
        }

        using JsonDocument document = JsonDocument.Parse(schema.ToJsonString());
        return JsonText.Of(document.RootElement);
    }

    /// <summary>What a call is held to: a .NET method gets what .NET's reader takes, anybody else what the schema says.</summary>
    public static string Enforced(AIFunctionDeclaration tool) => tool is AIFunction { UnderlyingMethod: not null } ? DotNetSchema.Narrow(Of(tool)) : Of(tool);

    private static InvalidOptionsException Refusal(AIFunctionDeclaration tool, string found) =>
        new(nameof(ChatOptions.Tools), $"{tool.Name} with arguments of type {found}", "arguments that are an object");
}
