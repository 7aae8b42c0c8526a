// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Text;
using Phi4.Tokenizer.Merging;

namespace Phi4.Tokenizer;

public sealed partial class Phi4Tokenizer
{
    /// <summary>The text of ids. Bytes that are no UTF-8 become U+FFFD, as the WHATWG encoding standard says.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens leave no text.</param>
    /// <exception cref="UnknownTokenException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(GetByteCount(ids, skipSpecialTokens) + TokenBytes.Padding);
        try
        {
            return Encoding.UTF8.GetString(utf8, 0, CopyBytes(ids, utf8, skipSpecialTokens));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    /// <summary>The text of ids.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens leave no text.</param>
    /// <exception cref="UnknownTokenException">An id is not in the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = false) => Decode(ids as int[] ?? [.. ids], skipSpecialTokens);

    /// <summary>The bytes of ids, exactly, in the caller's memory.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="destination">Takes the bytes; what it holds is undefined if they do not fit.</param>
    /// <param name="byteCount">How many bytes the ids have, whether they fit or not.</param>
    /// <param name="skipSpecialTokens">Whether special tokens leave no bytes.</param>
    /// <returns>Whether the bytes fit.</returns>
    /// <exception cref="UnknownTokenException">An id is not in the vocabulary.</exception>
    public bool TryDecode(ReadOnlySpan<int> ids, Span<byte> destination, out int byteCount, bool skipSpecialTokens = false)
    {
        byteCount = GetByteCount(ids, skipSpecialTokens);
        if (byteCount > destination.Length)
        {
            return false;
        }

        CopyBytes(ids, destination[..byteCount], skipSpecialTokens);
        return true;
    }

    /// <summary>How many bytes of UTF-8 the ids have.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens leave no bytes.</param>
    /// <exception cref="UnknownTokenException">An id is not in the vocabulary.</exception>
    public int GetByteCount(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        int count = 0;
        foreach (int id in ids)
        {
            int length = _tokens.Length(id);
            if (length == 0)
            {
                throw new UnknownTokenException(id, VocabularySize);
            }

            count = checked(count + (skipSpecialTokens && IsSpecial(id) ? 0 : length));
        }

        return count;
    }

    /// <summary>The bytes of one token; they need not be whole characters.</summary>
    /// <exception cref="UnknownTokenException">The id is not in the vocabulary.</exception>
    public ReadOnlyMemory<byte> GetTokenBytes(int id) =>
        _tokens.Length(id) > 0 ? _tokens.Memory(id) : throw new UnknownTokenException(id, VocabularySize);

    /// <summary>Whether an id has a token.</summary>
    public bool HasToken(int id) => _tokens.Length(id) > 0;

    /// <summary>The id of a special token, or of an ordinary one that text of its own becomes.</summary>
    /// <param name="token">The token's exact text.</param>
    /// <param name="id">Its id; -1 if there is none.</param>
    public bool TryGetId(string token, out int id)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (SpecialTokens.TryGet(token, out AddedToken? special))
        {
            id = special.Id;
            return true;
        }

        Span<byte> padded = stackalloc byte[MaxLookUpBytes];
        id = PieceTable.None;
        if (token.Length > 0 && Encoding.UTF8.TryGetBytes(token, padded[..^TokenBytes.Padding], out int length))
        {
            id = _pieces.Find(padded, 0, length);
        }

        return id >= 0;
    }

    /// <summary>A decoder for ids that come one at a time.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens leave no text.</param>
    public StreamingDecoder CreateStreamingDecoder(bool skipSpecialTokens = false) => new(this, skipSpecialTokens);

    internal bool IsSpecial(int id) => SpecialTokens.TryGet(id, out AddedToken? token) && token.IsSpecial;

    // The longest token of the known vocabularies has 128 bytes.
    private const int MaxLookUpBytes = 512;

    // Every id has been looked at by GetByteCount.
    private int CopyBytes(ReadOnlySpan<int> ids, Span<byte> destination, bool skipSpecialTokens)
    {
        int at = 0;
        foreach (int id in ids)
        {
            if (!(skipSpecialTokens && IsSpecial(id)))
            {
                at += _tokens.CopyTo(id, destination[at..]);
            }
        }

        return at;
    }
}
