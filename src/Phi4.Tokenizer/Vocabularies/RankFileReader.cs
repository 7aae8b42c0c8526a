// SPDX-License-Identifier: MIT
using System.Buffers.Text;
using System.Text;
using Phi4.Tokenizer.Merging;

namespace Phi4.Tokenizer.Vocabularies;

/// <summary>tiktoken's rank files: a line is a token's bytes in base64, a space, its rank, which is also its id.</summary>
internal static class RankFileReader
{
    private const int Cl100kCount = 100256;
    private const int O200kCount = 199998;

    /// <summary>Reads a rank file.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="content">The file.</param>
    /// <param name="pattern">How text is cut; null if the number of ranks should tell.</param>
    /// <param name="added">Tokens outside the ranks; null for the ones that belong to the pattern.</param>
    public static Vocabulary Read(string file, ReadOnlySpan<byte> content, PreTokenizerPattern? pattern, IReadOnlyList<AddedToken>? added)
    {
        var tokens = new List<byte[]?>();
        int number = 0;
        foreach (Range range in content.Split((byte)'\n'))
        {
            number++;
            ReadOnlySpan<byte> line = content[range].TrimEnd((byte)'\r');
            if (line.IsEmpty)
            {
                continue;
            }

            int space = line.IndexOf((byte)' ');
            if (space <= 0 || !Utf8Parser.TryParse(line[(space + 1)..], out int rank, out int used) || used != line.Length - space - 1)
            {
                throw new TokenizerFormatException(file, $"line {number}: expected base64, a space and a rank, found '{Encoding.UTF8.GetString(line)}'.");
            }

            var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(space)];
            if (Base64.DecodeFromUtf8(line[..space], bytes, out _, out int written) != System.Buffers.OperationStatus.Done || written == 0)
            {
                throw new TokenizerFormatException(file, $"line {number}: '{Encoding.UTF8.GetString(line[..space])}' is not base64 of a token.");
            }

            Vocabulary.Place(file, tokens, rank, bytes[..written], $"line {number}");
        }

        PreTokenizerPattern chosen = pattern ?? tokens.Count switch
        {
            Cl100kCount => PreTokenizerPattern.Cl100k,
            O200kCount => PreTokenizerPattern.O200k,
            int count => throw new TokenizerFormatException(
                file, $"{count} ranks are neither cl100k's {Cl100kCount} nor o200k's {O200kCount}: name the pre-tokenizer pattern and the special tokens."),
        };
        added ??= tokens.Count switch
        {
            Cl100kCount => AddedToken.Phi4,
            O200kCount => AddedToken.O200k,
            _ => [],
        };
        PairTable pairs = PairsOf(tokens);
        return Vocabulary.Build(file, tokens, pairs, [.. Enumerable.Range(0, tokens.Count)], wholePieces: true, added, chosen);
    }

    // Merging below a token's own rank leaves the two parts that make it. Where it leaves more, any two tokens that join to it may meet in a text.
    private static PairTable PairsOf(List<byte[]?> tokens)
    {
        var pairs = new PairTable(tokens.Count);
        var byteIds = new int[256];
        var ids = new Dictionary<ReadOnlyMemory<byte>, int>(tokens.Count, new BytesComparer());
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is { } bytes)
            {
                ids[bytes] = id;
                if (bytes.Length == 1)
                {
                    byteIds[bytes[0]] = id;
                }
            }
        }

        int[] identity = [.. Enumerable.Range(0, tokens.Count)];
        for (int rank = 0; rank < tokens.Count; rank++)
        {
            if (tokens[rank] is not { Length: > 1 } bytes)
            {
                continue;
            }

            if (SplitsInTwo(byteIds, pairs, identity, bytes, out int left, out int right))
            {
                pairs.Set(left, right, rank);
                continue;
            }

            for (int cut = 1; cut < bytes.Length; cut++)
            {
                if (ids.TryGetValue(bytes.AsMemory(0, cut), out left) && ids.TryGetValue(bytes.AsMemory(cut), out right))
                {
                    pairs.Set(left, right, rank);
                }
            }
        }

        return pairs;
    }

    private static bool SplitsInTwo(int[] byteIds, PairTable pairs, int[] mergedIds, byte[] bytes, out int left, out int right)
    {
        List<int> parts = [.. bytes.Select(value => byteIds[value])];
        while (true)
        {
            int lowest = PairTable.NoMerge, at = 0;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                int rank = pairs.Rank(parts[i], parts[i + 1]);
                (lowest, at) = rank < lowest ? (rank, i) : (lowest, at);
            }

            if (lowest == PairTable.NoMerge)
            {
                (left, right) = parts.Count == 2 ? (parts[0], parts[1]) : (0, 0);
                return parts.Count == 2;
            }

            parts[at] = mergedIds[lowest];
            parts.RemoveAt(at + 1);
        }
    }

    private sealed class BytesComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj.Span);
            return hash.ToHashCode();
        }
    }
}
