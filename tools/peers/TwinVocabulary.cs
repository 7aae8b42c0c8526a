// SPDX-License-Identifier: MIT
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace Phi4.Peers;

/// <summary>A vocabulary as GGUF lists it: tokens by id with their kinds, merges by rank.</summary>
internal sealed class TwinVocabulary
{
    private const int Normal = 1, Control = 3, UserDefined = 4, Unused = 5;
    private const int ByteCount = 256;

    // What phi-4-mini's pattern has and phi-4's has not.
    private const string O200kMark = "\\p{Lu}";

    private TwinVocabulary(string[] tokens, int[] kinds, List<string> merges, string pattern)
    {
        Tokens = tokens;
        Kinds = kinds;
        Merges = merges;
        Pattern = pattern;
    }

    public IReadOnlyCollection<string> Tokens { get; }

    public IReadOnlyCollection<int> Kinds { get; }

    public IReadOnlyCollection<string> Merges { get; }

    /// <summary>GGUF's name for how text is cut.</summary>
    public string Pattern { get; }

    /// <summary>From a tokenizer.json, gzipped if its name says so.</summary>
    public static TwinVocabulary Read(string path, int vocabSize)
    {
        using FileStream file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using JsonDocument document = JsonDocument.Parse(content);
        JsonElement root = document.RootElement, model = root.GetProperty("model");
        (string[] tokens, int[] kinds) = Empty(vocabSize);
        foreach (JsonProperty entry in model.GetProperty("vocab").EnumerateObject())
        {
            Place(tokens, kinds, entry.Value.GetInt32(), entry.Name, Normal, path);
        }

        foreach (JsonElement added in root.GetProperty("added_tokens").EnumerateArray())
        {
            Place(tokens, kinds, added.GetProperty("id").GetInt32(), added.GetProperty("content").GetString()!, added.GetProperty("special").GetBoolean() ? Control : UserDefined, path);
        }

        List<string> merges = [.. model.GetProperty("merges").EnumerateArray().Select(
            merge => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}")];
        string pattern = root.GetProperty("pre_tokenizer").GetRawText().Contains(O200kMark.Replace("\\", "\\\\", StringComparison.Ordinal), StringComparison.Ordinal)
            ? "gpt-4o" : "dbrx";
        return new TwinVocabulary(tokens, kinds, merges, pattern);
    }

    /// <summary>The bytes and made-up names, for a model that never had a tokenizer.</summary>
    public static TwinVocabulary MadeUp(int vocabSize)
    {
        (string[] tokens, int[] kinds) = Empty(vocabSize);
        int shifted = ByteCount;
        for (int value = 0; value < Math.Min(ByteCount, vocabSize); value++)
        {
            bool printable = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            tokens[value] = ((char)(printable ? value : shifted++)).ToString();
            kinds[value] = Normal;
        }

        return new TwinVocabulary(tokens, kinds, [], "dbrx");
    }

    private static (string[] Tokens, int[] Kinds) Empty(int vocabSize)
    {
        string[] tokens = [.. Enumerable.Range(0, vocabSize).Select(id => string.Create(CultureInfo.InvariantCulture, $"<|unused_{id}|>"))];
        int[] kinds = new int[vocabSize];
        kinds.AsSpan().Fill(Unused);
        return (tokens, kinds);
    }

    private static void Place(string[] tokens, int[] kinds, int id, string token, int kind, string path)
    {
        if (id < 0 || id >= tokens.Length)
        {
            throw new ArgumentException($"{path}: the token {id} is outside the model's vocabulary of {tokens.Length}.");
        }

        tokens[id] = token;
        kinds[id] = kind;
    }
}
