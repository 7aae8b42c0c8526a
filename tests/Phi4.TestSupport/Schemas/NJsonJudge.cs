// SPDX-License-Identifier: MIT
using System.Text.Json.Nodes;
using NJsonSchema;

namespace Phi4.TestSupport.Schemas;

/// <summary>NJsonSchema. It speaks an older dialect, into which schemas are put first; what it can't know is left to the other judge.</summary>
public static class NJsonJudge
{
    /// <summary>Whether it can judge: it counts lengths in UTF-16 units, where the standard counts characters.</summary>
    public static bool Knows(JudgedText text) => !text.Text.Any(char.IsSurrogate) && !text.Text.Contains("\\ud", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why the text is not valid under its schema; empty if it is.</summary>
    public static string Judge(JudgedText text)
    {
        JsonNode? schema = JsonNode.Parse(text.Schema);
        string old = schema is JsonObject whole ? Translate(whole).ToJsonString() : "{}";
        return string.Join("; ", JsonSchema.FromJsonAsync(old).GetAwaiter().GetResult().Validate(text.Text));
    }

    private static JsonObject Translate(JsonObject schema)
    {
        var result = new JsonObject();
        bool isTuple = schema.ContainsKey("prefixItems");
        foreach ((string name, JsonNode? value) in schema)
        {
            switch (name)
            {
                case "$schema":
                    break;
                case "const":
                    result["enum"] = new JsonArray(value?.DeepClone());
                    break;
                case "$ref":
                    // Behind one step more, as a definition that is nothing but a reference is lost to it.
                    result["allOf"] = new JsonArray(new JsonObject { ["$ref"] = value!.GetValue<string>().Replace("/$defs/", "/definitions/", StringComparison.Ordinal) });
                    break;
                case "$defs" or "definitions" or "properties":
                    result[name == "$defs" ? "definitions" : name] = Members(value!.AsObject());
                    break;
                default:
                    result[name switch { "prefixItems" => "items", "items" when isTuple => "additionalItems", _ => name }] = value switch
                    {
                        JsonArray list when name is "anyOf" or "oneOf" or "allOf" or "prefixItems" or "items" => new JsonArray([.. list.Select(part => Part(part))]),
                        JsonObject inner when name is "items" or "additionalItems" or "additionalProperties" => Translate(inner),
                        _ => value?.DeepClone(),
                    };
                    break;
            }
        }

        return result;
    }

    private static JsonNode? Part(JsonNode? part) => part switch
    {
        JsonObject schema => Translate(schema),
        JsonValue value when value.TryGetValue(out bool isAllowed) => isAllowed ? new JsonObject() : new JsonObject { ["not"] = new JsonObject() },
        _ => part?.DeepClone(),
    };

    private static JsonObject Members(JsonObject members) => new(members.Select(member => KeyValuePair.Create(member.Key, Part(member.Value))));
}
