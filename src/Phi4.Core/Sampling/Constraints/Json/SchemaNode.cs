// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>What one schema asks for. Null and empty mean that it says nothing.</summary>
internal sealed record SchemaNode(string Path)
{
    /// <summary>Nothing is valid.</summary>
    public bool IsNever { get; init; }

    /// <summary>A schema elsewhere that holds as well.</summary>
    public string? Reference { get; init; }

    public JsonTypes? Types { get; init; }

    /// <summary>In the schema's order.</summary>
    public IReadOnlyList<(string Name, SchemaNode Schema)> Properties { get; init; } = [];

    public IReadOnlyList<string> Required { get; init; } = [];

    public SchemaNode? Additional { get; init; }

    public IReadOnlyList<SchemaNode> Prefix { get; init; } = [];

    public SchemaNode? Items { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>Patterns and where they stand.</summary>
    public IReadOnlyList<(string Pattern, string Path)> Patterns { get; init; } = [];

    public NumberBounds Bounds { get; init; } = NumberBounds.None;

    /// <summary>From <c>enum</c> or <c>const</c>.</summary>
    public IReadOnlyList<JsonElement>? Values { get; init; }

    /// <summary>Of each list one has to hold.</summary>
    public IReadOnlyList<IReadOnlyList<SchemaNode>> Alternatives { get; init; } = [];

    public bool SpeaksOfObjects => Properties.Count > 0 || Required.Count > 0 || Additional is not null;

    public bool SpeaksOfArrays => Prefix.Count > 0 || Items is not null || MinItems is not null || MaxItems is not null;

    public bool SpeaksOfStrings => MinLength is not null || MaxLength is not null || Patterns.Count > 0;

    public bool SpeaksOfNumbers => Bounds != NumberBounds.None;

    /// <summary>Everything is valid.</summary>
    public bool SaysNothing => Reference is null && SaysNothingItself;

    /// <summary>It names another schema and says nothing else.</summary>
    public bool IsOnlyReference => Reference is not null && SaysNothingItself;

    private bool SaysNothingItself =>
        !IsNever && Types is null && Values is null && Alternatives.Count == 0 && !SpeaksOfObjects && !SpeaksOfArrays && !SpeaksOfStrings && !SpeaksOfNumbers;

    /// <summary>What values may be: the types it names, else those that its keywords are about; null for any.</summary>
    public JsonTypes? EffectiveTypes
    {
        get
        {
            JsonTypes spoken = (SpeaksOfObjects ? JsonTypes.Object : 0) | (SpeaksOfArrays ? JsonTypes.Array : 0)
                | (SpeaksOfStrings ? JsonTypes.String : 0) | (SpeaksOfNumbers ? JsonTypes.Number : 0);
            return Types ?? (spoken == JsonTypes.None ? null : spoken);
        }
    }

    public SchemaNode? PropertyOrAdditional(string name) =>
        Properties.FirstOrDefault(property => property.Name == name).Schema ?? Additional;

    public SchemaNode? ItemAt(int index) => index < Prefix.Count ? Prefix[index] : Items;
}
