// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Errors;
using Phi4.Tokenizer;

namespace Phi4.Cli.Json;

/// <summary>Reads the members of a request; what is missing or of a wrong type is named.</summary>
internal static class RequestFields
{
    /// <summary>Token ids, <c>"ids":[…]</c>.</summary>
    public static int[] Ids(JsonElement request) =>
        Numbers(request, "ids", "token ids: whole numbers of at least 0", element => element.TryGetInt32(out int id) && id >= 0 ? id : null);

    /// <summary>Text, as <c>"text":…</c> or in code units as <c>"utf16":[…]</c>, which may hold half surrogate pairs.</summary>
    public static string Text(JsonElement request)
    {
        if (request.TryGetProperty("utf16", out _))
        {
            int[] units = Numbers(
                request, "utf16", "UTF-16 code units: whole numbers from 0 to 65535", element => element.TryGetUInt16(out ushort unit) ? unit : null);
            return string.Create(units.Length, units, static (span, source) =>
            {
                for (int i = 0; i < span.Length; i++)
                {
                    span[i] = (char)source[i];
                }
            });
        }

        if (!request.TryGetProperty("text", out JsonElement text))
        {
            throw RequestException.InvalidRequest("The object has neither \"text\" nor \"utf16\".");
        }

        return text.ValueKind == JsonValueKind.String ? String(text, "text") : throw Wrong("text", "a string", text);
    }

    /// <summary>A conversation, <c>"messages":[…]</c>.</summary>
    public static IReadOnlyList<ChatMessage> Messages(JsonElement request)
    {
        if (!request.TryGetProperty("messages", out JsonElement messages))
        {
            throw RequestException.InvalidRequest("The object has no \"messages\".");
        }

        return messages.ValueKind == JsonValueKind.Array ? MessageList(messages) : throw Wrong("messages", "a list of messages", messages);
    }

    /// <summary>The messages of a list.</summary>
    public static IReadOnlyList<ChatMessage> MessageList(JsonElement messages) => [.. messages.EnumerateArray().Select(Message)];

    /// <summary><c>"add_generation_prompt"</c>; null if it is not there.</summary>
    public static bool? AddGenerationPrompt(JsonElement request)
    {
        const string Name = "add_generation_prompt";
        if (!request.TryGetProperty(Name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(Name, "true or false", value);
    }

    private static ChatMessage Message(JsonElement message)
    {
        try
        {
            return ChatMessage.FromJson(message);
        }
        catch (InvalidOperationException e)
        {
            throw RequestException.InvalidRequest($"A message holds half a surrogate pair, which is no text: {e.Message}");
        }
    }

    private static int[] Numbers(JsonElement request, string name, string allowed, Func<JsonElement, int?> read)
    {
        if (!request.TryGetProperty(name, out JsonElement list))
        {
            throw RequestException.InvalidRequest($"The object has no \"{name}\".");
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(name, $"a list of {allowed}", list);
        }

        int[] numbers = new int[list.GetArrayLength()];
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            numbers[index] = (element.ValueKind == JsonValueKind.Number ? read(element) : null)
                ?? throw Wrong(FormattableString.Invariant($"{name}[{index}]"), allowed, element);
            index++;
        }

        return numbers;
    }

    private static string String(JsonElement element, string name)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw RequestException.InvalidRequest($"\"{name}\" holds half a surrogate pair, which is no text; \"utf16\" takes code units.");
        }
    }

    private static RequestException Wrong(string name, string allowed, JsonElement found)
    {
        string text = found.GetRawText();
        return RequestException.InvalidRequest($"\"{name}\" is {(text.Length > 40 ? text[..40] + "…" : text)}; allowed: {allowed}.");
    }
}
