// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>Hugging Face's tokenizer.json with a byte-level BPE model. What would change the ids and is not supported is refused.</summary>
internal static class TokenizerJsonReader
{
    /// <summary>Reads a tokenizer.json.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="content">The file.</param>
    /// <param name="more">Added tokens from beside the file; those whose id the file has already are dropped.</param>
    public static Vocabulary Read(string file, ReadOnlyMemory<byte> content, IReadOnlyList<AddedToken> more)
    {
        using JsonDocument document = JsonElementExtensions.Parse(file, content);
        JsonElement root = document.RootElement.Expect(file, "the file", JsonValueKind.Object);
        JsonElement model = root.Member(file, "the file", "model", JsonValueKind.Object);
        CheckModel(file, model);
        if (root.Optional("normalizer") is { } normalizer && !IsEmptySequence(normalizer, "normalizers"))
        {
            throw new TokenizerFormatException(file, $"normalizer '{TypeOf(normalizer)}' is not supported; byte-level vocabularies of the phi family have none.");
        }

        var builder = new MergeFileBuilder(file);
        ReadTokens(file, model, builder);
        List<AddedToken> added = root.Optional("added_tokens") is { } array ? AddedTokenReader.FromArray(file, array) : [];
        HashSet<int> known = [.. added.Select(token => token.Id)];
        added.AddRange(more.Where(token => !known.Contains(token.Id)));
        return builder.Build(added, PatternOf(file, root), model.Flag(file, "model", "ignore_merges", missing: false));
    }

    /// <summary>Adds the tokens of a <c>vocab</c> object.</summary>
    public static void ReadVocab(string file, JsonElement vocab, MergeFileBuilder builder)
    {
        foreach (JsonProperty entry in vocab.Expect(file, "vocab", JsonValueKind.Object).EnumerateObject())
        {
            builder.AddToken(entry.Name, entry.Value.Int(file, $"vocab['{entry.Name}']"));
        }
    }

    private static void ReadTokens(string file, JsonElement model, MergeFileBuilder builder)
    {
        ReadVocab(file, model.Member(file, "model", "vocab", JsonValueKind.Object), builder);
        int index = 0;
        foreach (JsonElement merge in model.Member(file, "model", "merges", JsonValueKind.Array).EnumerateArray())
        {
            string place = $"model.merges[{index++}]";
            if (merge.ValueKind == JsonValueKind.String)
            {
                builder.AddMerge(merge.GetString()!);
            }
            else if (merge.Expect(file, place, JsonValueKind.Array).GetArrayLength() == 2)
            {
                builder.AddMerge(merge[0].Text(file, place), merge[1].Text(file, place));
            }
            else
            {
                throw new TokenizerFormatException(file, $"{place}: expected two tokens, found {merge.GetArrayLength()}.");
            }
        }
    }

    private static void CheckModel(string file, JsonElement model)
    {
        if (model.Optional("type") is { } type && type.Text(file, "model.type") != "BPE")
        {
            throw new TokenizerFormatException(file, $"model.type: expected BPE, found '{type.GetString()}'.");
        }

        foreach (string name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Optional(name) is { } affix && affix.Text(file, "model." + name).Length > 0)
            {
                throw new TokenizerFormatException(file, $"model.{name}: expected none, found '{affix.GetString()}'.");
            }
        }

        if (model.Flag(file, "model", "byte_fallback", missing: false))
        {
            throw new TokenizerFormatException(file, "model.byte_fallback is not supported; only byte-level vocabularies are.");
        }

        if (model.Optional("dropout") is { } dropout && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
        {
            throw new TokenizerFormatException(file, $"model.dropout: expected none, found {dropout.GetRawText()}.");
        }
    }

    private static PreTokenizerPattern PatternOf(string file, JsonElement root)
    {
        JsonElement preTokenizer = root.Member(file, "the file", "pre_tokenizer", JsonValueKind.Object);
        List<JsonElement> steps = preTokenizer.Optional("pretokenizers") is { ValueKind: JsonValueKind.Array } inner ? [.. inner.EnumerateArray()] : [preTokenizer];
        PreTokenizerPattern? pattern = null;
        bool byteLevel = false;
        foreach (JsonElement step in steps)
        {
            string type = TypeOf(step);
            if (type == "Split" && pattern is null && !byteLevel)
            {
                pattern = SplitPattern(file, step);
            }
            else if (type == "ByteLevel" && !byteLevel)
            {
                byteLevel = true;
                CheckByteLevel(file, step);
            }
            else
            {
                throw new TokenizerFormatException(file, $"pre-tokenizer '{type}' is not supported here; expected one Split and one ByteLevel.");
            }
        }

        return pattern is { } found && byteLevel
            ? found
            : throw new TokenizerFormatException(file, $"the pre-tokenizer '{TypeOf(preTokenizer)}' is not supported; expected a Split followed by a ByteLevel.");
    }

    private static PreTokenizerPattern SplitPattern(string file, JsonElement step)
    {
        const string Place = "pre_tokenizer Split";
        JsonElement regex = step.Member(file, Place, "pattern", JsonValueKind.Object).Member(file, Place + ".pattern", "Regex", JsonValueKind.String);
        string behavior = step.Member(file, Place, "behavior", JsonValueKind.String).Text(file, Place);
        bool invert = step.Flag(file, Place, "invert", missing: false);

        // The patterns cover every text, so keeping the matches and isolating them are one.
        return (behavior, invert) is ("Removed", true) or ("Isolated", _)
            ? PreTokenizerPatterns.Find(file, regex.Text(file, Place))
            : throw new TokenizerFormatException(
                file, $"{Place}: behavior '{behavior}' with invert {(invert ? "true" : "false")} is not supported; expected Removed with invert, or Isolated.");
    }

    private static void CheckByteLevel(string file, JsonElement step)
    {
        if (step.Flag(file, "pre_tokenizer ByteLevel", "add_prefix_space", missing: true))
        {
            throw new TokenizerFormatException(file, "pre_tokenizer ByteLevel: add_prefix_space is not supported.");
        }

        if (step.Flag(file, "pre_tokenizer ByteLevel", "use_regex", missing: true))
        {
            throw new TokenizerFormatException(file, "pre_tokenizer ByteLevel: use_regex (GPT-2's own pattern) is not supported; cl100k's and o200k's patterns are.");
        }
    }

    private static bool IsEmptySequence(JsonElement element, string list) =>
        TypeOf(element) == "Sequence" && element.Optional(list) is { ValueKind: JsonValueKind.Array } steps && steps.GetArrayLength() == 0;

    private static string TypeOf(JsonElement element) => element.Optional("type") is { ValueKind: JsonValueKind.String } type ? type.GetString()! : "?";
}
