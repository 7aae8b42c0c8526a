// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>Two schemas that both have to hold, as one.</summary>
internal sealed class SchemaMerger(SchemaReader reader)
{
    private const int MostDepth = 100;
    private int _depth;

    public SchemaNode Merge(SchemaNode left, SchemaNode right)
    {
        if (++_depth > MostDepth)
        {
            throw new ConstraintException($"more than {MostDepth} schemas that hold together refer to each other.", left.Path, "$ref");
        }

        SchemaNode a = Resolve(left);
        SchemaNode b = Resolve(right);
        SchemaNode merged = a with
        {
            IsNever = a.IsNever || b.IsNever,
            Types = a.Types is { } x && b.Types is { } y ? Common(x, y) : a.Types ?? b.Types,
            Properties = Properties(a, b),
            Required = [.. a.Required.Union(b.Required)],
            Additional = MergeOptional(a.Additional, b.Additional),
            Prefix = [.. Enumerable.Range(0, Math.Max(a.Prefix.Count, b.Prefix.Count)).Select(i => MergeOptional(a.ItemAt(i), b.ItemAt(i)) ?? new SchemaNode(a.Path))],
            Items = MergeOptional(a.Items, b.Items),
            MinItems = Larger(a.MinItems, b.MinItems),
            MaxItems = Smaller(a.MaxItems, b.MaxItems),
            MinLength = Larger(a.MinLength, b.MinLength),
            MaxLength = Smaller(a.MaxLength, b.MaxLength),
            Patterns = [.. a.Patterns.Union(b.Patterns)],
            Bounds = a.Bounds.And(b.Bounds),
            Values = a.Values is null || b.Values is null
                ? a.Values ?? b.Values
                : [.. a.Values.Where(value => b.Values.Any(other => JsonElement.DeepEquals(other, value)))],
            Alternatives = [.. a.Alternatives, .. b.Alternatives],
        };
        _depth--;
        return merged;
    }

    /// <summary>The schema with what it refers to put in its place.</summary>
    public SchemaNode Resolve(SchemaNode node) =>
        node.Reference is { } pointer ? Merge(node with { Reference = null }, reader.ReadAt(pointer, node.Path)) : node;

    private IReadOnlyList<(string, SchemaNode)> Properties(SchemaNode a, SchemaNode b) =>
    [
        .. a.Properties.Concat(b.Properties).Select(property => property.Name).Distinct()
            .Select(name => (name, MergeOptional(a.PropertyOrAdditional(name), b.PropertyOrAdditional(name))!)),
    ];

    private SchemaNode? MergeOptional(SchemaNode? left, SchemaNode? right) =>
        left is null || right is null ? left ?? right : Merge(left, right);

    private static JsonTypes Common(JsonTypes left, JsonTypes right)
    {
        // Every integer is a number.
        JsonTypes common = left & right;
        bool isInteger = (left & (JsonTypes.Integer | JsonTypes.Number)) != 0 && (right & (JsonTypes.Integer | JsonTypes.Number)) != 0;
        return isInteger && (common & JsonTypes.Number) == 0 ? common | JsonTypes.Integer : common;
    }

    private static int? Larger(int? left, int? right) => left is null || right > left ? right : left;

    private static int? Smaller(int? left, int? right) => left is null || right < left ? right : left;
}
