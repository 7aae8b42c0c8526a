// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints;

/// <summary>The tokens that may come next: bits for most of a vocabulary, which many states share, and single ids. Immutable.</summary>
internal sealed class TokenMask
{
    private const int BitsOfWord = 64;

    /// <summary>Where so many ids would be listed, bits take less.</summary>
    private const int SparseShare = 32;

    private readonly ulong[]? _bits;
    private readonly int[] _ids;

    private TokenMask(ulong[]? bits, int[] ids, int count)
    {
        _bits = bits;
        _ids = ids;
        Count = count;
    }

    public static TokenMask Empty { get; } = new(null, [], 0);

    /// <summary>Tokens in it.</summary>
    public int Count { get; }

    /// <summary>The token, where there is only one.</summary>
    public int Single => Count == 1 && _bits is null ? _ids[0] : -1;

    /// <param name="ids">Ascending, each once.</param>
    /// <param name="vocabSize">V.</param>
    public static TokenMask Of(int[] ids, int vocabSize)
    {
        if (ids.Length < vocabSize / SparseShare)
        {
            return ids.Length == 0 ? Empty : new TokenMask(null, ids, ids.Length);
        }

        ulong[] bits = new ulong[(vocabSize + BitsOfWord - 1) / BitsOfWord];
        foreach (int id in ids)
        {
            bits[id / BitsOfWord] |= 1UL << (id % BitsOfWord);
        }

        return new TokenMask(bits, [], ids.Length);
    }

    public static TokenMask Union(IReadOnlyList<TokenMask> masks, int vocabSize)
    {
        if (masks.Count == 0)
        {
            return Empty;
        }

        TokenMask largest = masks.MaxBy(mask => mask.Count)!;
        int[] others = [.. masks.Where(mask => mask != largest).SelectMany(mask => mask.Ids()).Where(id => !largest.Contains(id)).Distinct().Order()];
        if (others.Length == 0)
        {
            return largest;
        }

        return largest._bits is { } bits && largest._ids.Length + others.Length < vocabSize / SparseShare
            ? new TokenMask(bits, [.. largest._ids.Concat(others).Order()], largest.Count + others.Length)
            : Of([.. largest.Ids().Concat(others).Order()], vocabSize);
    }

    public bool Contains(int id) => (_bits is not null && (_bits[id / BitsOfWord] >> (id % BitsOfWord) & 1) != 0) || Array.BinarySearch(_ids, id) >= 0;

    public IEnumerable<int> Ids()
    {
        for (int id = 0; _bits is not null && id < _bits.Length * BitsOfWord; id++)
        {
            if ((_bits[id / BitsOfWord] >> (id % BitsOfWord) & 1) != 0)
            {
                yield return id;
            }
        }

        foreach (int id in _ids)
        {
            yield return id;
        }
    }

    /// <summary>Copies the logits of its tokens; the others become negative infinity.  destination, logits [V].</summary>
    public void Copy(Span<float> destination, ReadOnlySpan<float> logits)
    {
        if (_bits is null)
        {
            destination.Fill(float.NegativeInfinity);
        }
        else
        {
            CopyBits(destination, logits);
        }

        foreach (int id in _ids)
        {
            destination[id] = logits[id];
        }
    }

    private void CopyBits(Span<float> destination, ReadOnlySpan<float> logits)
    {
        for (int word = 0; word < _bits!.Length; word++)
        {
            ulong bits = _bits[word];
            int start = word * BitsOfWord;
            int end = Math.Min(start + BitsOfWord, destination.Length);
            if (bits == ulong.MaxValue)
            {
                logits[start..end].CopyTo(destination[start..end]);
                continue;
            }

            destination[start..end].Fill(float.NegativeInfinity);
            for (; bits != 0; bits &= bits - 1)
            {
                int id = start + System.Numerics.BitOperations.TrailingZeroCount(bits);
                destination[id] = logits[id];
            }
        }
    }
}
