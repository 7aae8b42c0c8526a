// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Tokenizer.Merging;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>Collects the tokens and merges of tokenizer.json, or of vocab.json and merges.txt, and makes a vocabulary of them.</summary>
internal sealed class MergeFileBuilder(string file)
{
    private const char Separator = ' ';

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<(string Left, string Right)> _merges = [];

    public int TokenCount => _ids.Count;

    public void AddToken(string spelling, int id) => _ids[spelling] = id;

    public void AddMerge(string left, string right) => _merges.Add((left, right));

    /// <summary>Adds a merge written as two tokens with a space between.</summary>
    public void AddMerge(string line)
    {
        int space = line.IndexOf(Separator, StringComparison.Ordinal);
        if (space <= 0 || space == line.Length - 1 || line.IndexOf(Separator, space + 1) >= 0)
        {
            throw new TokenizerFormatException(file, $"merge {_merges.Count}: expected two tokens and a space between, found '{line}'.");
        }

        AddMerge(line[..space], line[(space + 1)..]);
    }

    public Vocabulary Build(IReadOnlyList<AddedToken> added, PreTokenizerPattern pattern, bool ignoreMerges)
    {
        if (_merges.Count >= PairTable.MaxMerges)
        {
            throw new TokenizerFormatException(file, $"{_merges.Count} merges; fewer than {PairTable.MaxMerges} are supported.");
        }

        HashSet<string> addedContents = [.. added.Select(token => token.Content)];
        var tokens = new List<byte[]?>();
        foreach ((string spelling, int id) in _ids)
        {
            bool spelled = ByteAlphabet.TryGetBytes(spelling, out byte[]? bytes, out char stranger);
            if (addedContents.Contains(spelling) && !(spelled && Encoding.UTF8.GetBytes(spelling).AsSpan().SequenceEqual(bytes)))
            {
                // An added token that the vocabulary lists too stands there as it is, not in the byte alphabet.
                continue;
            }

            if (spelled)
            {
                Vocabulary.Place(file, tokens, id, bytes!, spelling);
            }
            else
            {
                throw new TokenizerFormatException(
                    file, $"token '{spelling}' (id {id}) has U+{(int)stranger:X4}, which stands for no byte; only byte-level vocabularies are supported.");
            }
        }

        var pairs = new PairTable(_merges.Count);
        var mergedIds = new int[_merges.Count];
        for (int rank = 0; rank < mergedIds.Length; rank++)
        {
            (string left, string right) = _merges[rank];
            mergedIds[rank] = IdOf(left + right, rank);
            pairs.Set(IdOf(left, rank), IdOf(right, rank), rank);
        }

        return Vocabulary.Build(file, tokens, pairs, mergedIds, ignoreMerges, added, pattern);
    }

    private int IdOf(string spelling, int rank) =>
        _ids.TryGetValue(spelling, out int id)
            ? id
            : throw new TokenizerFormatException(file, $"merge {rank} ('{_merges[rank].Left}' and '{_merges[rank].Right}'): the vocabulary has no '{spelling}'.");
}
