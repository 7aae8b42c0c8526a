// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Cli.Json;

/// <summary>How the library's values are spelled in JSON.</summary>
internal static class JsonValues
{
    /// <summary>Why an answer ended, in snake case.</summary>
    public static string NameOf(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.StopString => "stop_string",
        FinishReason.Length => "length",
        FinishReason.ContextFull => "context_full",
        _ => "cancelled",
    };

    /// <summary>A number that reads back as the same float; null where JSON has none (infinite, not a number).</summary>
    public static void Write(Utf8JsonWriter writer, float? value)
    {
        if (value is { } number && float.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    /// <summary><c>"shape":[…]</c>.</summary>
    public static void WriteShape(Utf8JsonWriter writer, IEnumerable<long> shape)
    {
        writer.WriteStartArray("shape");
        foreach (long size in shape)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
    }

    /// <summary><c>[id,logprob]</c>, or null.</summary>
    public static void Write(Utf8JsonWriter writer, TokenLogProb? value)
    {
        if (value is not { } pair)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartArray();
        writer.WriteNumberValue(pair.Id);
        Write(writer, pair.LogProb);
        writer.WriteEndArray();
    }

    /// <summary><c>{"id":…,"logprob":…,"top":[[id,logprob],…]}</c>.</summary>
    public static void Write(Utf8JsonWriter writer, TokenLogProbs entry)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", entry.Chosen.Id);
        writer.WritePropertyName("logprob");
        Write(writer, entry.Chosen.LogProb);
        writer.WriteStartArray("top");
        foreach (TokenLogProb top in entry.Top)
        {
            Write(writer, (TokenLogProb?)top);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
