// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>Finds a tokenizer's files in a folder and reads them together.</summary>
internal static class TokenizerFolder
{
    private const string TokenizerJson = "tokenizer.json";
    private const string VocabJson = "vocab.json";
    private const string MergesText = "merges.txt";
    private const string RankExtension = ".tiktoken";
    private const int Cl100kCount = 100256;

    // White space and a byte-order mark may stand before the brace.
    private const int JsonStartLimit = 64;

    /// <summary>The folder's vocabulary, or null if it has no tokenizer's files.</summary>
    public static Vocabulary? TryRead(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        string tokenizer = Path.Combine(folder, TokenizerJson), vocab = Path.Combine(folder, VocabJson);
        if (File.Exists(tokenizer))
        {
            return TokenizerJsonReader.Read(tokenizer, File.ReadAllBytes(tokenizer), ReadConfig(folder));
        }

        if (File.Exists(vocab) && File.Exists(Path.Combine(folder, MergesText)))
        {
            return ReadVocabAndMerges(folder);
        }

        string? ranks = Directory.EnumerateFiles(folder, "*" + RankExtension).Order(StringComparer.Ordinal).FirstOrDefault();
        return ranks is null ? null : RankFileReader.Read(ranks, File.ReadAllBytes(ranks), null, null);
    }

    /// <summary>The vocabulary of one file, whose kind its content tells.</summary>
    public static Vocabulary ReadFile(string path)
    {
        string name = Path.GetFileName(path);
        if (name is VocabJson or MergesText)
        {
            return ReadVocabAndMerges(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        byte[] content = File.ReadAllBytes(path);
        return IsJson(content) ? TokenizerJsonReader.Read(path, content, []) : RankFileReader.Read(path, content, null, null);
    }

    /// <summary>Whether a file is JSON rather than ranks: base64 has no brace.</summary>
    public static bool IsJson(ReadOnlySpan<byte> content) => content.IndexOf((byte)'{') is >= 0 and < JsonStartLimit;

    private static Vocabulary ReadVocabAndMerges(string folder)
    {
        string vocabFile = Path.Combine(folder, VocabJson), mergesFile = Path.Combine(folder, MergesText);
        var builder = new MergeFileBuilder(vocabFile);
        using (JsonDocument vocab = JsonElementExtensions.Parse(vocabFile, File.ReadAllBytes(vocabFile)))
        {
            TokenizerJsonReader.ReadVocab(vocabFile, vocab.RootElement, builder);
        }

        bool first = true;
        foreach (string line in File.ReadLines(mergesFile, Encoding.UTF8))
        {
            // The head line; "#" itself is a token, so only this line may be one.
            if (line.Length > 0 && !(first && line.StartsWith("#version", StringComparison.Ordinal)))
            {
                builder.AddMerge(line);
            }

            first = false;
        }

        List<AddedToken> added = ReadConfig(folder);
        string mapFile = Path.Combine(folder, "added_tokens.json");
        if (File.Exists(mapFile))
        {
            using JsonDocument map = JsonElementExtensions.Parse(mapFile, File.ReadAllBytes(mapFile));
            HashSet<int> known = [.. added.Select(token => token.Id)];
            added.AddRange(AddedTokenReader.FromMap(mapFile, map.RootElement).Where(token => !known.Contains(token.Id)));
        }

        // These two files name no pattern; vocabularies of the phi-4 kind are cl100k's. Alone, phi-4's pair lacks its special tokens.
        IReadOnlyList<AddedToken> specials = added.Count == 0 && builder.TokenCount == Cl100kCount ? AddedToken.Phi4 : added;
        return builder.Build(specials, PreTokenizerPattern.Cl100k, ignoreMerges: false);
    }

    private static List<AddedToken> ReadConfig(string folder)
    {
        string file = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(file))
        {
            return [];
        }

        using JsonDocument config = JsonElementExtensions.Parse(file, File.ReadAllBytes(file));
        return AddedTokenReader.FromDecoder(file, config.RootElement);
    }
}
