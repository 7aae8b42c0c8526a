// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Tokenizer.Templates;

namespace Phi4.Tokenizer;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c> or what the template knows.</param>
/// <param name="Content">The text; null leaves the member out (give <see cref="TemplateValue.None"/> in <see cref="Fields"/> for an explicit null).</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>
    /// Roles that a template may print as part of a special token, as phi-4-mini does with <c>&lt;|role|&gt;</c>. Any other role is
    /// user data like the content.
    /// </summary>
    private static readonly HashSet<string> KnownRoles = new(StringComparer.Ordinal)
    {
        "system", "developer", "user", "assistant", "tool", "tool_response", "function", "ipython", "model",
    };

    /// <summary>Further members by name: <c>name</c>, <c>tool_calls</c>, <c>reasoning_content</c>, content made of parts, and so on.</summary>
    public IReadOnlyList<KeyValuePair<string, TemplateValue>> Fields { get; init; } = [];

    /// <summary>A message from JSON with a <c>role</c> of type string; every other member is kept as it is.</summary>
    /// <exception cref="ChatTemplateException">The element is no object or has no role.</exception>
    public static ChatMessage FromJson(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String)
        {
            throw new ChatTemplateException(ChatTemplateErrorKind.Evaluation, "A chat message must be an object with a 'role' of type string.");
        }

        string? content = json.TryGetProperty("content", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        return new ChatMessage(role.GetString()!, content)
        {
            Fields =
            [
                .. json.EnumerateObject()
                    .Where(member => member.Name != "role" && (member.Name != "content" || content is null))
                    .Select(member => KeyValuePair.Create(member.Name, TemplateValue.FromJson(member.Value))),
            ],
        };
    }

    internal TemplateValue ToValue()
    {
        var map = new MapValue();
        map.Set(StringValue.FromTemplate("role"), StringValue.Uniform(Role, KnownRoles.Contains(Role)));
        if (Content is not null)
        {
            map.Set(StringValue.FromTemplate("content"), StringValue.FromData(Content));
        }

        foreach ((string name, TemplateValue value) in Fields)
        {
            map.Set(StringValue.FromData(name), value);
        }

        return map;
    }
}
