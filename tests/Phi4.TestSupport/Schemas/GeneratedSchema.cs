// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json.Nodes;

namespace Phi4.TestSupport.Schemas;

/// <summary>
/// JSON Schemas that nobody wrote, of everything that docs/constraints.md promises: types, values, members, arrays and tuples, lengths, patterns, formats, bounds, alternatives, schemas that
/// hold together, and definitions that refer to each other and to themselves. Each can be satisfied. The same seed gives the same schema.
/// </summary>
public sealed class GeneratedSchema
{
    private static readonly string[] Names = ["a", "ab", "b", "key", "é", "x y", "q\"\\", "a/b", "m~n", "日本", "$x", "line\nbreak"];

    private static readonly string[] Patterns =
    [
        "^[a-z]{1,4}$", "^[A-Z][a-z]+$", "b", "^\\d{3}-\\d{4}$", "^(yes|no|maybe)?$", "^[^\\s]{2,5}$", "[0-9]$", "^\\w+@\\w+\\.(com|org)$", "^.{0,3}$", "^\"q\\\\uote\"$", "^(?:ab|c){2,}d?$",
    ];

    private static readonly string[] Formats = ["date", "date-time", "uuid", "uri", "ipv4", "time"];

    // The chat client holds a time of day to what TimeOnly reads, which has no offset; the format demands one.
    private static readonly string[] FormatsOfArguments = Formats[..^1];

    private readonly Random _random;
    private readonly bool _isDraft7;
    private readonly string[] _formats;
    private readonly string _definitions;
    private readonly int _definitionCount;

    private GeneratedSchema(int seed, string[] formats)
    {
        _formats = formats;
        _random = new Random(seed);
        Dialect = _random.Next(3) switch { 0 => null, 1 => "https://json-schema.org/draft/2020-12/schema", _ => "http://json-schema.org/draft-07/schema#" };
        _isDraft7 = Dialect?.Contains("draft-07", StringComparison.Ordinal) ?? false;
        _definitions = _isDraft7 ? "definitions" : "$defs";
        _definitionCount = Math.Max(0, _random.Next(6) - 2);
    }

    private string? Dialect { get; }

    /// <summary>Any schema.</summary>
    public static string Of(int seed)
    {
        var generated = new GeneratedSchema(seed, Formats);
        return generated.Whole(generated.Any(3, generated._definitionCount)).ToJsonString();
    }

    /// <summary>The schema of an object with members, as arguments of a tool are described.</summary>
    public static string OfArguments(int seed)
    {
        var generated = new GeneratedSchema(seed, FormatsOfArguments);
        return generated.Whole(generated.Object(2, generated._definitionCount)).ToJsonString();
    }

    private JsonObject Whole(JsonObject schema)
    {
        if (Dialect is not null)
        {
            schema["$schema"] = Dialect;
        }

        if (_definitionCount > 0)
        {
            schema[_definitions] = new JsonObject(Enumerable.Range(0, _definitionCount).Select(i => KeyValuePair.Create<string, JsonNode?>($"d/{i}", Any(2, i))));
        }

        return schema;
    }

    /// <param name="depth">How deep values may nest before only simple ones come.</param>
    /// <param name="known">Definitions below this number do not need this schema to be satisfied, so it may need them.</param>
    private JsonObject Any(int depth, int known)
    {
        if (depth == 0)
        {
            return Simple();
        }

        return _random.Next(12) switch
        {
            < 3 => Object(depth, known),
            3 or 4 => Array(depth, known),
            5 => Tuple(depth, known),
            6 => new JsonObject { ["anyOf"] = List(2 + _random.Next(2), () => Any(depth - 1, known)) },
            7 => new JsonObject { ["oneOf"] = new JsonArray(Integer(), Text(), Array(depth, known)) },
            8 => AllOf(depth, known),
            9 when known > 0 => Reference(_random.Next(known)),
            _ => Simple(),
        };
    }

    /// <summary>Where nothing may be written too: here a schema may refer to itself.</summary>
    private JsonObject Free(int depth, int known) => _definitionCount > 0 && _random.Next(5) == 0 ? Reference(_random.Next(_definitionCount))
        : _random.Next(25) == 0 ? new JsonObject { ["$ref"] = "#" }
        : Any(depth, known);

    private JsonObject Reference(int index) => new() { ["$ref"] = $"#/{_definitions}/d~1{index}" };

    private JsonObject Simple() => _random.Next(14) switch
    {
        0 => new JsonObject { ["type"] = "boolean" },
        1 => new JsonObject { ["type"] = "null" },
        2 => new JsonObject { ["enum"] = List(1 + _random.Next(4), Value, distinct: true) },
        3 => new JsonObject { ["const"] = Value() },
        4 => new JsonObject { ["type"] = new JsonArray("string", "null", "integer"), ["maxLength"] = _random.Next(8), ["minimum"] = _random.Next(-9, 9) },
        5 => new JsonObject { ["description"] = "anything" },
        6 => new JsonObject { ["type"] = "string", ["enum"] = List(1 + _random.Next(3), () => JsonValue.Create(Word()), distinct: true) },
        7 or 8 => Integer(),
        9 or 10 => Number(),
        _ => Text(),
    };

    private JsonObject Text()
    {
        JsonObject schema = new() { ["type"] = "string" };
        int least = _random.Next(5);
        int most = least + _random.Next(30);
        switch (_random.Next(6))
        {
            case 0:
                schema["pattern"] = Patterns[_random.Next(Patterns.Length)];
                break;
            case 1:
                schema["format"] = _formats[_random.Next(_formats.Length)];
                break;
            case 2:
                (schema["minLength"], schema["maxLength"]) = (least, most);
                break;
            case 3:
                schema[_random.Next(2) == 0 ? "minLength" : "maxLength"] = most;
                break;
            case 4:
                (schema["pattern"], schema["maxLength"]) = ("^[a-c ]*$", most);
                break;
        }

        return schema;
    }

    private JsonObject Integer()
    {
        JsonObject schema = new() { ["type"] = "integer" };
        int low = _random.Next(-600, 600);
        int high = low + 2 + _random.Next(_random.Next(2) == 0 ? 9 : 3000);
        Bound(schema, low, high);
        if (_random.Next(8) == 0)
        {
            schema["format"] = _random.Next(2) == 0 ? "int32" : "int64";
        }

        return schema;
    }

    private JsonObject Number()
    {
        JsonObject schema = new() { ["type"] = "number" };
        decimal low = decimal.Round((decimal)((_random.NextDouble() * 400) - 200), _random.Next(3));
        Bound(schema, low, low + 2 + _random.Next(_random.Next(2) == 0 ? 3 : 500));
        if (_random.Next(8) == 0)
        {
            schema["format"] = _random.Next(2) == 0 ? "float" : "double";
        }

        return schema;
    }

    private void Bound(JsonObject schema, decimal low, decimal high)
    {
        if (_random.Next(3) > 0)
        {
            schema[_random.Next(3) == 0 ? "exclusiveMinimum" : "minimum"] = low;
        }

        if (_random.Next(3) > 0)
        {
            schema[_random.Next(3) == 0 ? "exclusiveMaximum" : "maximum"] = high;
        }
    }

    private JsonObject Object(int depth, int known)
    {
        string[] names = [.. Enumerable.Range(0, _random.Next(6)).Select(_ => Names[_random.Next(Names.Length)]).Distinct()];
        var members = new JsonObject();
        var required = new JsonArray();
        foreach (string name in names)
        {
            bool isRequired = _random.Next(2) == 0;
            members[name] = isRequired ? Any(depth - 1, known) : Free(depth - 1, known);
            if (isRequired)
            {
                required.Add(name);
            }
        }

        if (_random.Next(8) == 0)
        {
            required.Add("needed");
        }

        JsonObject schema = new() { ["type"] = "object", ["properties"] = members, ["required"] = required };
        switch (_random.Next(5))
        {
            case 0:
                schema["additionalProperties"] = required.Any(name => name!.GetValue<string>() == "needed");
                break;
            case 1:
                schema["additionalProperties"] = true;
                break;
            case 2:
                schema["additionalProperties"] = Any(depth - 1, known);
                break;
        }

        return schema;
    }

    private JsonObject Array(int depth, int known)
    {
        int least = _random.Next(4);
        JsonObject schema = new() { ["type"] = "array", ["items"] = least == 0 ? Free(depth - 1, known) : Any(depth - 1, known) };
        if (_random.Next(3) > 0)
        {
            schema["minItems"] = least;
        }

        if (_random.Next(3) > 0)
        {
            schema["maxItems"] = least + _random.Next(4);
        }

        return schema;
    }

    private JsonObject Tuple(int depth, int known)
    {
        JsonArray first = List(1 + _random.Next(3), () => Any(depth - 1, known));
        (string prefix, string others) = _isDraft7 ? ("items", "additionalItems") : ("prefixItems", "items");
        JsonObject schema = new() { ["type"] = "array", ["minItems"] = _random.Next(first.Count + 1), [prefix] = first };
        switch (_random.Next(3))
        {
            case 0:
                schema[others] = false;
                break;
            case 1:
                schema[others] = Any(depth - 1, known);
                break;
        }

        return schema;
    }

    /// <summary>Objects of different members, or of one member described twice.</summary>
    private JsonObject AllOf(int depth, int known) => new()
    {
        ["allOf"] = new JsonArray(
            new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["left"] = Any(depth - 1, known), ["both"] = new JsonObject { ["type"] = "number", ["minimum"] = -3 } }, ["required"] = new JsonArray("both") },
            new JsonObject { ["properties"] = new JsonObject { ["both"] = new JsonObject { ["type"] = "integer", ["maximum"] = _random.Next(200) }, ["right"] = Any(depth - 1, known) }, ["required"] = new JsonArray("right") }),
    };

    private JsonNode? Value() => _random.Next(9) switch
    {
        0 => null,
        1 => _random.Next(2) == 0,
        2 => _random.Next(-50, 50),
        3 => decimal.Round((decimal)_random.NextDouble() * 100, 3),
        4 => new JsonArray(1, "two", null),
        5 => new JsonObject { ["k\"ey"] = new JsonArray(), ["n"] = new JsonObject() },
        _ => Word(),
    };

    private string Word() => _random.Next(8) switch
    {
        0 => "",
        1 => "日本語 😀",
        2 => "a\"b\\c/\n\t\u0001",
        _ => Names[_random.Next(Names.Length)] + _random.Next(30).ToString(CultureInfo.InvariantCulture),
    };

    private static JsonArray List(int count, Func<JsonNode?> make, bool distinct = false)
    {
        var list = new JsonArray();
        for (int i = 0; i < count; i++)
        {
            JsonNode? node = make();
            if (!distinct || !list.Any(other => JsonNode.DeepEquals(other, node)))
            {
                list.Add(node);
            }
        }

        return list;
    }
}
