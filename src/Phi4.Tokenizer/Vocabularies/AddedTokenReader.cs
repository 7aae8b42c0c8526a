// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>Added tokens, in the three ways in which files list them.</summary>
internal static class AddedTokenReader
{
    /// <summary>tokenizer.json's <c>added_tokens</c>: an array of objects with an id.</summary>
    public static List<AddedToken> FromArray(string file, JsonElement array)
    {
        var tokens = new List<AddedToken>();
        foreach (JsonElement entry in array.Expect(file, "added_tokens", JsonValueKind.Array).EnumerateArray())
        {
            string place = $"added_tokens[{tokens.Count}]";
            tokens.Add(FromObject(file, place, entry, entry.Member(file, place, "id", JsonValueKind.Number).Int(file, place + ".id")));
        }

        return tokens;
    }

    /// <summary>tokenizer_config.json's <c>added_tokens_decoder</c>: objects by id.</summary>
    public static List<AddedToken> FromDecoder(string file, JsonElement config)
    {
        var tokens = new List<AddedToken>();
        if (config.Optional("added_tokens_decoder") is { } decoder)
        {
            foreach (JsonProperty entry in decoder.Expect(file, "added_tokens_decoder", JsonValueKind.Object).EnumerateObject())
            {
                string place = $"added_tokens_decoder.{entry.Name}";
                if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                {
                    throw new TokenizerFormatException(file, $"{place}: expected a token's id as the name.");
                }

                tokens.Add(FromObject(file, place, entry.Value, id));
            }
        }

        return tokens;
    }

    /// <summary>added_tokens.json: ids by content, without flags.</summary>
    public static List<AddedToken> FromMap(string file, JsonElement map) =>
        [.. map.Expect(file, "added tokens", JsonValueKind.Object).EnumerateObject().Select(entry => new AddedToken(entry.Value.Int(file, entry.Name), entry.Name))];

    private static AddedToken FromObject(string file, string place, JsonElement entry, int id)
    {
        string content = entry.Member(file, place, "content", JsonValueKind.String).Text(file, place + ".content");
        return entry.Flag(file, place, "single_word", missing: false)
            ? throw new TokenizerFormatException(file, $"{place} ('{content}'): single_word is not supported.")
            : new AddedToken(
                id,
                content,
                entry.Flag(file, place, "lstrip", missing: false),
                entry.Flag(file, place, "rstrip", missing: false),
                entry.Flag(file, place, "special", missing: false));
    }
}
