// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>Reading of JSON whose errors name the file, the place, what was expected and what was found.</summary>
internal static class JsonElementExtensions
{
    private const int ExcerptLength = 60;

    public static JsonDocument Parse(string file, ReadOnlyMemory<byte> content)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        try
        {
            return JsonDocument.Parse(content.Span.StartsWith(mark) ? content[mark.Length..] : content);
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException(file, $"not valid JSON: {e.Message}", e);
        }
    }

    public static JsonElement Expect(this JsonElement element, string file, string place, JsonValueKind kind) =>
        element.ValueKind == kind ? element : throw Wrong(file, place, kind.ToString().ToLowerInvariant(), element);

    public static JsonElement Member(this JsonElement element, string file, string place, string name, JsonValueKind kind) =>
        element.Expect(file, place, JsonValueKind.Object).TryGetProperty(name, out JsonElement member)
            ? member.Expect(file, $"{place}.{name}", kind)
            : throw new TokenizerFormatException(file, $"{place} has no '{name}'.");

    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Optional(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    public static int Int(this JsonElement element, string file, string place) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? value : throw Wrong(file, place, "a whole number", element);

    public static string Text(this JsonElement element, string file, string place)
    {
        try
        {
            return element.Expect(file, place, JsonValueKind.String).GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new TokenizerFormatException(file, $"{place}: not valid text.", e);
        }
    }

    /// <summary>A flag; missing or null is <paramref name="missing"/>.</summary>
    public static bool Flag(this JsonElement element, string file, string place, string name, bool missing) => element.Optional(name) switch
    {
        null => missing,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(file, $"{place}.{name}", "true or false", other),
    };

    private static TokenizerFormatException Wrong(string file, string place, string expected, JsonElement found)
    {
        string text = found.GetRawText();
        return new TokenizerFormatException(file, $"{place}: expected {expected}, found {(text.Length > ExcerptLength ? text[..ExcerptLength] + "…" : text)}.");
    }
}
