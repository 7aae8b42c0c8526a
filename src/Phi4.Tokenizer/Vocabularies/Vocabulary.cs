// SPDX-License-Identifier: MIT
using Phi4.Tokenizer.Merging;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>What a tokenizer's files say, checked and ready for use.</summary>
internal sealed class Vocabulary
{
    private const int ByteCount = 256;

    public required TokenBytes Tokens { get; init; }

    public required MergeRules Rules { get; init; }

    public required PieceTable Pieces { get; init; }

    public required CharacterSplitter Splitter { get; init; }

    public required SpecialTokens SpecialTokens { get; init; }

    public required PreTokenizerPattern Pattern { get; init; }

    /// <summary>Puts a vocabulary together.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="tokens">Bytes of the ordinary tokens, by id; null where there is none.</param>
    /// <param name="pairs">Ranks of pairs.</param>
    /// <param name="mergedIds">The token that each rank makes.</param>
    /// <param name="wholePieces">Whether a piece that is a token becomes it even where merging would not get there.</param>
    /// <param name="added">Tokens outside the merges.</param>
    /// <param name="pattern">How text is cut.</param>
    public static Vocabulary Build(
        string file, List<byte[]?> tokens, PairTable pairs, int[] mergedIds, bool wholePieces, IReadOnlyList<AddedToken> added, PreTokenizerPattern pattern)
    {
        var rules = new MergeRules(ByteIds(file, tokens), pairs, mergedIds);
        List<int> ids = [.. Enumerable.Range(0, tokens.Count).Where(id => tokens[id] is { Length: > 0 } bytes && (wholePieces || Reaches(rules, bytes, id)))];
        var splitter = new CharacterSplitter(rules, tokens);
        IReadOnlyList<AddedToken> specials = AddAdded(file, tokens, added);
        var bytes = new TokenBytes(tokens);
        return new Vocabulary
        {
            Tokens = bytes,
            Rules = rules,
            Pieces = new PieceTable(bytes, ids),
            Splitter = splitter,
            SpecialTokens = new SpecialTokens(specials),
            Pattern = pattern,
        };
    }

    /// <summary>Puts a token in its place.</summary>
    /// <exception cref="TokenizerFormatException">The id is out of range or taken by other bytes.</exception>
    public static void Place(string file, List<byte[]?> tokens, int id, byte[] bytes, string spelling)
    {
        if (id is < 0 or >= PairTable.MaxIds)
        {
            throw new TokenizerFormatException(file, $"token '{spelling}' has the id {id}; ids from 0 to {PairTable.MaxIds - 1} are supported.");
        }

        while (tokens.Count <= id)
        {
            tokens.Add(null);
        }

        if (tokens[id] is { } other && !other.AsSpan().SequenceEqual(bytes))
        {
            throw new TokenizerFormatException(file, $"the id {id} is given to '{spelling}' and to another token.");
        }

        tokens[id] = bytes;
    }

    private static List<AddedToken> AddAdded(string file, List<byte[]?> tokens, IReadOnlyList<AddedToken> added)
    {
        var byContent = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (AddedToken token in added)
        {
            if (token.Content.Length == 0)
            {
                throw new TokenizerFormatException(file, $"the added token {token.Id} is empty.");
            }

            if (!byContent.TryAdd(token.Content, token))
            {
                throw new TokenizerFormatException(file, $"the added token '{token.Content}' has two ids, {byContent[token.Content].Id} and {token.Id}.");
            }

            Place(file, tokens, token.Id, System.Text.Encoding.UTF8.GetBytes(token.Content), token.Content);
        }

        return [.. byContent.Values];
    }

    private static int[] ByteIds(string file, List<byte[]?> tokens)
    {
        var ids = new int[ByteCount];
        ids.AsSpan().Fill(-1);
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is [byte value])
            {
                ids[value] = id;
            }
        }

        int missing = ids.AsSpan().IndexOf(-1);
        return missing < 0
            ? ids
            : throw new TokenizerFormatException(file, $"no token for the byte 0x{missing:X2}; a byte-level vocabulary has all {ByteCount}.");
    }

    private static bool Reaches(MergeRules rules, byte[] bytes, int id)
    {
        var found = new TokenBuffer(bytes.Length);
        try
        {
            BytePairMerger.Merge(rules, bytes, ref found);
            return found.Ids is [int only] && only == id;
        }
        finally
        {
            found.Dispose();
        }
    }
}
