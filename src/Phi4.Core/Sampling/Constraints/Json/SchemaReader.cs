// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>Reads schemas; what can't be honoured is refused by name and place.</summary>
internal sealed class SchemaReader
{
    private const string Draft7 = "json-schema.org/draft-07/schema";
    private const string Draft2020 = "json-schema.org/draft/2020-12/schema";

    // They say something to people, or to programs that don't validate.
    private static readonly HashSet<string> Annotations =
    [
        "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    ];

    private static readonly Dictionary<string, JsonTypes> TypeNames = new(StringComparer.Ordinal)
    {
        ["null"] = JsonTypes.Null,
        ["boolean"] = JsonTypes.Boolean,
        ["integer"] = JsonTypes.Integer,
        ["number"] = JsonTypes.Number,
        ["string"] = JsonTypes.String,
        ["array"] = JsonTypes.Array,
        ["object"] = JsonTypes.Object,
    };

    private readonly JsonElement _root;
    private readonly bool _isDraft7;

    public SchemaReader(JsonElement root)
    {
        _root = root;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("$schema", out JsonElement schema))
        {
            string dialect = schema.ValueKind == JsonValueKind.String ? schema.GetString()!.TrimEnd('#').Replace("https://", "", StringComparison.Ordinal).Replace("http://", "", StringComparison.Ordinal) : "";
            _isDraft7 = dialect == Draft7;
            if (!_isDraft7 && dialect != Draft2020)
            {
                throw new ConstraintException($"the dialect {schema} is not supported; draft 2020-12 and draft-07 are.", "#/$schema", "$schema");
            }
        }
    }

    public SchemaNode ReadRoot() => Read(_root, "#");

    /// <summary>The schema at a place of the document, <c>#/$defs/name</c>.</summary>
    public SchemaNode ReadAt(string pointer, string path)
    {
        JsonElement element = _root;
        if (!pointer.StartsWith('#') || (pointer.Length > 1 && pointer[1] != '/'))
        {
            throw new ConstraintException($"only places in the schema itself can be referred to (#/…), not {pointer}.", path, "$ref");
        }

        foreach (string step in pointer.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            bool isFound = element.ValueKind switch
            {
                JsonValueKind.Object => element.TryGetProperty(name, out element),
                JsonValueKind.Array when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < element.GetArrayLength() =>
                    (element = element[index]).ValueKind != JsonValueKind.Undefined,
                _ => false,
            };
            if (!isFound)
            {
                throw new ConstraintException($"there is nothing at {pointer}.", path, "$ref");
            }
        }

        return Read(element, pointer);
    }

    private SchemaNode Read(JsonElement element, string path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.True:
                return new SchemaNode(path);
            case JsonValueKind.False:
                return new SchemaNode(path) { IsNever = true };
            case JsonValueKind.Object:
                break;
            default:
                throw new ConstraintException("a schema is an object, true or false.", path);
        }

        if (_isDraft7 && element.TryGetProperty("$ref", out JsonElement reference))
        {
            return new SchemaNode(path) { Reference = Text(reference, path + "/$ref", "$ref") }; // in draft-07 what stands beside it is ignored
        }

        SchemaNode node = new(path);
        List<SchemaNode> parts = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Name == "allOf")
            {
                parts.AddRange(List(property.Value, $"{path}/allOf", "allOf"));
            }
            else if (!Annotations.Contains(property.Name) && !property.Name.StartsWith("x-", StringComparison.Ordinal))
            {
                node = Add(node, property.Name, property.Value, $"{path}/{Escape(property.Name)}", element);
            }
        }

        return parts.Count == 0 ? node : node with { Alternatives = [.. node.Alternatives, .. parts.Select(part => (SchemaNode[])[part])] };
    }

    private SchemaNode Add(SchemaNode node, string name, JsonElement value, string path, JsonElement owner) => name switch
    {
        "$ref" => node with { Reference = Text(value, path, name) },
        "type" => node with { Types = Types(value, path) },
        "enum" => node with { Values = And(node.Values, value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Wrong(path, name, "a list of values")) },
        "const" => node with { Values = And(node.Values, [value]) },
        "properties" => node with { Properties = Members(value, path, name) },
        "required" => node with { Required = Texts(value, path, name) },
        "additionalProperties" => node with { Additional = Read(value, path) },
        "items" when value.ValueKind == JsonValueKind.Array => node with { Prefix = List(value, path, name) },
        "items" => node with { Items = Read(value, path) },
        "additionalItems" when owner.TryGetProperty("items", out JsonElement items) && items.ValueKind == JsonValueKind.Array => node with { Items = Read(value, path) },
        "additionalItems" => node,
        "prefixItems" => node with { Prefix = List(value, path, name) },
        "minItems" => node with { MinItems = Count(value, path, name) },
        "maxItems" => node with { MaxItems = Count(value, path, name) },
        "minLength" => node with { MinLength = Count(value, path, name) },
        "maxLength" => node with { MaxLength = Count(value, path, name) },
        "pattern" => node with { Patterns = [.. node.Patterns, (Text(value, path, name), path)] },
        "contentEncoding" => Text(value, path, name) == "base64" ? node with { Patterns = [.. node.Patterns, (JsonFormats.Base64Pattern, path)] } : throw Wrong(path, name, "base64"),
        "format" => Format(node, Text(value, path, name), path),
        "minimum" => node with { Bounds = node.Bounds.And(NumberBounds.None with { Min = Number(value, path, name) }) },
        "maximum" => node with { Bounds = node.Bounds.And(NumberBounds.None with { Max = Number(value, path, name) }) },
        "exclusiveMinimum" => node with { Bounds = node.Bounds.And(NumberBounds.None with { Min = Number(value, path, name), ExcludesMin = true }) },
        "exclusiveMaximum" => node with { Bounds = node.Bounds.And(NumberBounds.None with { Max = Number(value, path, name), ExcludesMax = true }) },
        "anyOf" or "oneOf" => node with { Alternatives = [.. node.Alternatives, List(value, path, name)] },
        "uniqueItems" when value.ValueKind == JsonValueKind.False => node,
        _ => throw new ConstraintException($"the keyword {name} is not supported.", path, name),
    };

    private static SchemaNode Format(SchemaNode node, string format, string path) =>
        format switch
        {
            "int32" => node with { Bounds = node.Bounds.And(new NumberBounds(int.MinValue, int.MaxValue, false, false)) },
            "int64" or "float" or "double" => node,
            _ when JsonFormats.PatternOf(format) is { } pattern => node with { Patterns = [.. node.Patterns, (pattern, path)] },
            _ => throw new ConstraintException($"the format {format} is not supported; {string.Join(", ", JsonFormats.Names)} are.", path, "format"),
        };

    private static List<JsonElement> And(IReadOnlyList<JsonElement>? before, IReadOnlyList<JsonElement> values) =>
        [.. before is null ? values : values.Where(value => before.Any(other => JsonElement.DeepEquals(other, value)))];

    private IReadOnlyList<SchemaNode> List(JsonElement value, string path, string keyword) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0
            ? [.. value.EnumerateArray().Select((part, index) => Read(part, string.Create(CultureInfo.InvariantCulture, $"{path}/{index}")))]
            : throw Wrong(path, keyword, "a list of schemas that is not empty");

    private IReadOnlyList<(string, SchemaNode)> Members(JsonElement value, string path, string keyword) =>
        value.ValueKind == JsonValueKind.Object
            ? [.. value.EnumerateObject().Select(member => (member.Name, Read(member.Value, $"{path}/{Escape(member.Name)}")))]
            : throw Wrong(path, keyword, "an object of schemas");

    private static JsonTypes Types(JsonElement value, string path)
    {
        IReadOnlyList<string> names = value.ValueKind == JsonValueKind.String ? [value.GetString()!] : Texts(value, path, "type");
        JsonTypes types = JsonTypes.None;
        foreach (string name in names)
        {
            types |= TypeNames.TryGetValue(name, out JsonTypes type) ? type : throw Wrong(path, "type", "one of JSON Schema's types, or a list of them");
        }

        return types;
    }

    private static IReadOnlyList<string> Texts(JsonElement value, string path, string keyword) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(text => Text(text, path, keyword)).Distinct()] : throw Wrong(path, keyword, "a list of strings");

    private static string Text(JsonElement value, string path, string keyword) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(path, keyword, "a string");

    private static decimal Number(JsonElement value, string path, string keyword) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out decimal number) ? number : throw Wrong(path, keyword, "a number below 10^28");

    private static int Count(JsonElement value, string path, string keyword) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out decimal count) && count >= 0 && count <= RepeatSyntax.MostCount && count == decimal.Truncate(count)
            ? (int)count
            : throw Wrong(path, keyword, $"a whole number from 0 to {RepeatSyntax.MostCount}");

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static ConstraintException Wrong(string path, string keyword, string allowed) => new($"{keyword} has to be {allowed}.", path, keyword);
}
