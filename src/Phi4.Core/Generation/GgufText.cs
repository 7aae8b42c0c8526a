// SPDX-License-Identifier: MIT
using Phi4.Core.Weights.Gguf;
using Phi4.Tokenizer;
using Phi4.Tokenizer.Templates;

namespace Phi4.Core.Generation;

/// <summary>The tokenizer and the chat template that a GGUF file carries in its metadata.</summary>
internal static class GgufText
{
    private const string ModelKey = "tokenizer.ggml.model";
    private const string PatternKey = "tokenizer.ggml.pre";
    private const string TokensKey = "tokenizer.ggml.tokens";
    private const string TypesKey = "tokenizer.ggml.token_type";
    private const string MergesKey = "tokenizer.ggml.merges";
    private const string TemplateKey = "tokenizer.chat_template";
    private const string ByteLevel = "gpt2";

    // Token types of the format.
    private const long Normal = 1, Control = 3, UserDefined = 4, Unused = 5;

    // The marker between a role and its text is phi-4's own; its files say that all special tokens strip white space on both sides, for which GGUF has no word.
    private const string Phi4Separator = "<|im_sep|>";

    /// <summary>The format's names for ways to cut text, those that have a scanner here.</summary>
    private static readonly Dictionary<string, (PreTokenizerPattern Pattern, bool WholePieces)> Patterns = new(StringComparer.Ordinal)
    {
        ["dbrx"] = (PreTokenizerPattern.Cl100k, false),
        ["smaug-bpe"] = (PreTokenizerPattern.Cl100k, false),
        ["llama-bpe"] = (PreTokenizerPattern.Cl100k, true),
        ["llama3"] = (PreTokenizerPattern.Cl100k, true),
        ["llama-v3"] = (PreTokenizerPattern.Cl100k, true),
        ["gpt-4o"] = (PreTokenizerPattern.O200k, false),
    };

    /// <summary>Null for a file without a vocabulary.</summary>
    /// <exception cref="ModelFormatException">The vocabulary is malformed or of a kind that is not supported.</exception>
    public static TextTools? Read(GgufMetadata metadata)
    {
        string? model = metadata.OptionalText(ModelKey);
        if (model is null or "none" or "no_vocab")
        {
            return null;
        }

        if (model != ByteLevel)
        {
            throw metadata.Refuse(ModelKey, $"\"{ByteLevel}\", a byte-level vocabulary");
        }

        IReadOnlyList<string> tokens = metadata.Texts(TokensKey);
        IReadOnlyList<long> types = metadata.OptionalIntegers(TypesKey) ?? [.. Enumerable.Repeat(Normal, tokens.Count)];
        if (types.Count != tokens.Count)
        {
            throw metadata.Refuse(TypesKey, $"a list of {tokens.Count}, as the tokens");
        }

        (PreTokenizerPattern pattern, bool wholePieces) = ReadPattern(metadata);
        try
        {
            Phi4Tokenizer tokenizer = Phi4Tokenizer.FromMerges(
                metadata.File, [.. tokens.Select((token, id) => types[id] == Unused ? null : token)], metadata.Texts(MergesKey), Added(tokens, types), pattern, wholePieces);
            return new TextTools(tokenizer, ReadTemplate(metadata, tokens));
        }
        catch (TokenizerFormatException e)
        {
            throw metadata.Refuse(TokensKey, "a sound byte-level vocabulary", e.Message.TrimEnd('.'), e);
        }
    }

    private static (PreTokenizerPattern Pattern, bool WholePieces) ReadPattern(GgufMetadata metadata)
    {
        string known = string.Join(", ", Patterns.Keys);
        string name = metadata.OptionalText(PatternKey) ?? throw metadata.Missing(PatternKey, $"one of {known}");
        return Patterns.TryGetValue(name, out var found) ? found : throw metadata.Refuse(PatternKey, $"one of {known}");
    }

    private static List<AddedToken> Added(IReadOnlyList<string> tokens, IReadOnlyList<long> types)
    {
        bool strips = tokens.Select((token, id) => (token, id)).Any(entry => entry.token == Phi4Separator && types[entry.id] is Control or UserDefined);
        var added = new List<AddedToken>();
        for (int id = 0; id < tokens.Count; id++)
        {
            if (types[id] is Control or UserDefined)
            {
                added.Add(new AddedToken(id, tokens[id], LeftStrip: strips, RightStrip: strips, IsSpecial: types[id] == Control));
            }
        }

        return added;
    }

    private static ChatTemplate? ReadTemplate(GgufMetadata metadata, IReadOnlyList<string> tokens)
    {
        if (metadata.OptionalText(TemplateKey) is not { } source)
        {
            return null;
        }

        ChatTemplate template;
        try
        {
            template = ChatTemplate.Parse(source);
        }
        catch (ChatTemplateException e)
        {
            throw metadata.Refuse(TemplateKey, "a chat template that can be read", e.Message.TrimEnd('.'), e);
        }

        foreach ((string key, string name) in ((string, string)[])
            [("bos_token_id", "bos_token"), ("eos_token_id", "eos_token"), ("unknown_token_id", "unk_token"), ("padding_token_id", "pad_token")])
        {
            if (metadata.OptionalInt($"tokenizer.ggml.{key}", 0, int.MaxValue) is { } id && id < tokens.Count)
            {
                template = template.WithTokens((name, tokens[id]));
            }
        }

        return template;
    }
}
