// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>
/// From a JSON Schema to a grammar whose every text is valid under it. Members come in the schema's order; objects that name members have no others unless
/// <c>additionalProperties</c> says so. docs/constraints.md has the list of keywords.
/// </summary>
internal sealed class JsonSchemaCompiler
{
    private readonly Grammar _grammar;
    private readonly SchemaReader _reader;
    private readonly SchemaMerger _merger;
    private readonly JsonParts _parts;
    private readonly Dictionary<string, CallExpr> _rules = new(StringComparer.Ordinal);
    private readonly int _root;

    private JsonSchemaCompiler(Grammar grammar, JsonElement schema, JsonWhitespace whitespace)
    {
        _grammar = grammar;
        _root = _grammar.Declare("#");
        _reader = new SchemaReader(schema);
        _merger = new SchemaMerger(_reader);
        _parts = new JsonParts(_grammar, whitespace);
    }

    /// <summary>Any JSON value.</summary>
    public static Grammar AnyJson(JsonWhitespace whitespace) => Compile("true", whitespace);

    /// <exception cref="ConstraintException">It is no schema, or asks for what is not supported.</exception>
    public static Grammar Compile(string schema, JsonWhitespace whitespace)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(schema);
        }
        catch (JsonException e)
        {
            throw new ConstraintException($"the schema is no JSON: {e.Message}", "#");
        }

        using (document)
        {
            var compiler = new JsonSchemaCompiler(new Grammar(), document.RootElement, whitespace);
            Expr value = compiler.Of(compiler._reader.ReadRoot());
            compiler._grammar.Define(compiler._root, Expr.Sequence(compiler._parts.Outside, value, compiler._parts.Outside));
            return compiler._grammar;
        }
    }

    /// <summary>A rule of a grammar that says more than this: a value that is valid under the schema, without white space around it.</summary>
    /// <exception cref="ConstraintException">It is no schema, or asks for what is not supported.</exception>
    public static CallExpr AddTo(Grammar grammar, JsonElement schema, JsonWhitespace whitespace)
    {
        var compiler = new JsonSchemaCompiler(grammar, schema, whitespace);
        grammar.Define(compiler._root, compiler.Of(compiler._reader.ReadRoot()));
        return new CallExpr(compiler._root);
    }

    private Expr Of(SchemaNode node)
    {
        if (node.IsNever)
        {
            return Expr.Choice([]);
        }

        if (node.Reference is { } pointer)
        {
            return node.IsOnlyReference ? RuleOf(pointer, node.Path) : Of(_merger.Resolve(node));
        }

        if (node.Alternatives.Count > 0)
        {
            IReadOnlyList<SchemaNode> options = node.Alternatives[0];
            SchemaNode common = node with { Alternatives = [.. node.Alternatives.Skip(1)] };
            return Expr.Choice([.. options.Select(option => Of(common.SaysNothing ? option : _merger.Merge(common, option)))]);
        }

        if (node.Values is { } values)
        {
            return Values(node, values);
        }

        return node.EffectiveTypes is { } types ? OfTypes(node, types) : _parts.AnyValue;
    }

    private CallExpr RuleOf(string pointer, string path)
    {
        if (!_rules.TryGetValue(pointer, out CallExpr? call))
        {
            int rule = _grammar.Declare(pointer);
            call = _rules[pointer] = new CallExpr(rule);
            _grammar.Define(rule, Of(_reader.ReadAt(pointer, path)));
        }

        return call;
    }

    private Expr Values(SchemaNode node, IReadOnlyList<JsonElement> values)
    {
        if (node.SpeaksOfObjects || node.SpeaksOfArrays || node.Patterns.Count > 0)
        {
            throw new ConstraintException("enum and const stand alone, or beside type, lengths of strings and bounds of numbers.", node.Path, "enum");
        }

        return Expr.Choice([.. values.Where(value => IsAllowed(node, value)).Select(_parts.Literal)]);
    }

    private static bool IsAllowed(SchemaNode node, JsonElement value)
    {
        JsonTypes type = value.ValueKind switch
        {
            JsonValueKind.Null => JsonTypes.Null,
            JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
            JsonValueKind.String => JsonTypes.String,
            JsonValueKind.Array => JsonTypes.Array,
            JsonValueKind.Object => JsonTypes.Object,
            _ => value.TryGetDecimal(out decimal whole) && whole == decimal.Truncate(whole) ? JsonTypes.Integer | JsonTypes.Number : JsonTypes.Number,
        };
        if (node.Types is { } types && (types & type) == 0)
        {
            return false;
        }

        if (type == JsonTypes.String)
        {
            int length = value.GetString()!.EnumerateRunes().Count();
            return length >= (node.MinLength ?? 0) && length <= (node.MaxLength ?? int.MaxValue);
        }

        return (type & JsonTypes.Number) == 0 || !node.SpeaksOfNumbers || (value.TryGetDecimal(out decimal number) && node.Bounds.Allows(number));
    }

    private Expr OfTypes(SchemaNode node, JsonTypes types)
    {
        List<Expr> options = [];
        Add(JsonTypes.Object, () => Object(node));
        Add(JsonTypes.Array, () => Array(node));
        Add(JsonTypes.String, () => String(node));
        Add(JsonTypes.Number, () => node.SpeaksOfNumbers ? JsonNumbers.Number(node.Bounds) : _parts.Number);
        Add(JsonTypes.Integer, () => node.SpeaksOfNumbers ? JsonNumbers.Integer(node.Bounds) : _parts.Integer);
        Add(JsonTypes.Boolean, () => JsonParts.Boolean);
        Add(JsonTypes.Null, () => JsonParts.Null);
        return Expr.Choice(options);

        void Add(JsonTypes type, Func<Expr> make)
        {
            if ((types & type) != 0)
            {
                options.Add(make());
            }
        }
    }

    private Expr Object(SchemaNode node)
    {
        List<(string, Expr, bool)> members = [];
        bool isOpen = node.Additional is { IsNever: false } || (node.Additional is null && node.Properties.Count == 0 && node.Required.Count == 0);
        foreach ((string name, SchemaNode schema) in node.Properties)
        {
            bool isRequired = node.Required.Contains(name);
            if (isRequired || !schema.IsNever)
            {
                members.Add((name, Of(schema), isRequired));
            }
        }

        foreach (string name in node.Required.Where(name => node.Properties.All(property => property.Name != name)))
        {
            members.Add((name, Of(node.Additional ?? new SchemaNode(node.Path)), true));
        }

        return _parts.Object(members, isOpen ? Of(node.Additional ?? new SchemaNode(node.Path)) : null);
    }

    private Expr Array(SchemaNode node)
    {
        bool isOpen = node.Items is { IsNever: false } || (node.Items is null && node.Prefix.Count == 0);
        Expr? others = isOpen ? _parts.Shared(node.Path + "/items", Of(node.Items ?? new SchemaNode(node.Path))) : null;
        return _parts.Array([.. node.Prefix.Select(Of)], others, node.MinItems ?? 0, node.MaxItems);
    }

    private Expr String(SchemaNode node)
    {
        if (node.MinLength > node.MaxLength)
        {
            return Expr.Choice([]);
        }

        if (node.Patterns.Count == 0)
        {
            return _parts.StringOfLength(node.MinLength ?? 0, node.MaxLength);
        }

        Expr content = node.Patterns.Select(pattern => RegexParser.ParseSearch(pattern.Pattern, pattern.Path, JsonParts.Spell)).Aggregate((left, right) => new BothExpr(left, right));
        return JsonParts.Quoted(node.MinLength is null && node.MaxLength is null
            ? content
            : new BothExpr(JsonParts.Spell(CodePointSet.All).Repeat(node.MinLength ?? 0, node.MaxLength), content));
    }
}
