// SPDX-License-Identifier: MIT
using System.Text.Json.Nodes;

namespace Phi4.Extensions.AI.Json;

/// <summary>
/// Where .NET's schema of a type says less than .NET's reader of it wants, the answer is held to what the reader wants: the schemas of TimeSpan, Version, TimeOnly and char are known by their form. The model is shown
/// the schema as it was.
/// </summary>
internal static class DotNetSchema
{
    private const string Time = @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?";
    private const string OneCharacter = "^[\\u0001-\\uD7FF\\uE000-\\uFFFD]$";

    private static readonly Dictionary<string, string> Narrower = new(StringComparer.Ordinal)
    {
        [@"^-?(\d+\.)?\d{2}:\d{2}:\d{2}(\.\d{1,7})?$"] = $@"^-?(?:\d{{1,7}}\.)?{Time}$",
        [@"^\d+(\.\d+){1,3}$"] = @"^\d{1,9}(?:\.\d{1,9}){1,3}$",
    };

    private static readonly string[] Values = ["const", "enum", "default", "examples"];

    /// <summary>The schema that an answer has to be valid under: everything that is valid under it is valid under the given one, if format is taken for the annotation that it is.</summary>
    public static string Narrow(string schema)
    {
        JsonNode? root = JsonNode.Parse(schema);
        Visit(root);
        return root?.ToJsonString() ?? schema;
    }

    private static void Visit(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (JsonNode? item in list)
            {
                Visit(item);
            }
        }
        else if (node is JsonObject map)
        {
            Narrow(map);
            foreach ((string name, JsonNode? member) in map)
            {
                if (!Values.Contains(name))
                {
                    Visit(member);
                }
            }
        }
    }

    private static void Narrow(JsonObject schema)
    {
        if (TextOf(schema, "pattern") is { } pattern)
        {
            if (Narrower.TryGetValue(pattern, out string? narrower))
            {
                schema["pattern"] = narrower;
            }
        }
        else if (TextOf(schema, "format") == "time")
        {
            schema.Remove("format"); // TimeOnly has no offset, which the format demands
            schema["pattern"] = $"^{Time}$";
        }
        else if (CountOf(schema, "minLength") == 1 && CountOf(schema, "maxLength") == 1 && !schema.ContainsKey("format"))
        {
            schema["pattern"] = OneCharacter; // a char holds none beyond 16 bits
        }
    }

    private static string? TextOf(JsonObject schema, string name) => schema[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static int? CountOf(JsonObject schema, string name) => schema[name] is JsonValue value && value.TryGetValue(out int count) ? count : null;
}
