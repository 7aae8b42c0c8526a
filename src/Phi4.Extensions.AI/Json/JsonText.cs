// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Json;

/// <summary>
/// JSON as the model is shown it: on one line, letters as they are, and <c>&lt;/</c> written as <c>&lt;\/</c>, which means the same to JSON and can't be taken for a closing tag.
/// </summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(JsonElement value) => Write(writer => value.WriteTo(writer));

    public static string Of(string value) => Write(writer => writer.WriteStringValue(value));

    /// <summary>Any value that Microsoft.Extensions.AI can serialize.</summary>
    public static string OfValue(object? value) => value switch
    {
        null => "null",
        JsonElement json => Of(json),
        string text => Of(text),
        TextContent text => Of(text.Text),
        IEnumerable<AIContent> contents when contents.All(content => content is TextContent) => Of(string.Concat(contents.Cast<TextContent>().Select(content => content.Text))),
        _ => Of(JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(value.GetType()))),
    };

    /// <summary>An object of these members, each value being JSON.</summary>
    public static string OfMembers(params IEnumerable<(string Name, string Json)> members) =>
        "{" + string.Join(", ", members.Select(member => $"{Of(member.Name)}: {member.Json}")) + "}";

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var content = new MemoryStream();
        using (var writer = new Utf8JsonWriter(content, WriterOptions))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(content.ToArray()).Replace("</", "<\\/", StringComparison.Ordinal);
    }
}
