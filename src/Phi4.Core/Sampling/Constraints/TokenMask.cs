// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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

    /// <summary>Words that hold a bit for every token.</summary>
    public static int WordsOf(int vocabSize) => (vocabSize + BitsOfWord - 1) / BitsOfWord;

    /// <summary>Puts a token into such words, or takes it out of them.</summary>
    public static void Set(Span<ulong> bits, int token, bool isAllowed)
    {
        ulong bit = 1UL << (token % BitsOfWord);
        bits[token / BitsOfWord] = isAllowed ? bits[token / BitsOfWord] | bit : bits[token / BitsOfWord] & ~bit;
    }

    /// <param name="bits">Bit t % 64 of word t / 64 is token t; copied.</param>
    /// <param name="vocabSize">V.</param>
    public static TokenMask Of(ReadOnlySpan<ulong> bits, int vocabSize)
    {
        int count = 0;
        foreach (ulong word in bits)
        {
            count += BitOperations.PopCount(word);
        }

        if (count == 0 || !IsFew(count, vocabSize))
        {
            return count == 0 ? Empty : new TokenMask(bits.ToArray(), [], count);
        }

        int[] ids = new int[count];
        int written = 0;
        for (int word = 0; word < bits.Length; word++)
        {
            for (ulong rest = bits[word]; rest != 0; rest &= rest - 1)
            {
                ids[written++] = (word * BitsOfWord) + BitOperations.TrailingZeroCount(rest);
            }
        }

        return new TokenMask(null, ids, count);
    }

    /// <summary>Whether so many tokens are listed rather than marked.</summary>
    public static bool IsFew(int count, int vocabSize) => count < vocabSize / SparseShare;

    /// <param name="ids">Ascending, each once; as few as are listed.</param>
    public static TokenMask OfFew(int[] ids) => ids.Length == 0 ? Empty : new TokenMask(null, ids, ids.Length);

    public static TokenMask Union(IReadOnlyList<TokenMask> masks, int vocabSize)
    {
        if (masks.Count < 2)
        {
            return masks.Count == 0 ? Empty : masks[0];
        }

        TokenMask largest = masks.MaxBy(mask => mask.Count)!;
        if (masks.All(mask => mask == largest || mask._bits is null))
        {
            // A few more than many that are shared: the bits go on being shared.
            int[] others = [.. masks.Where(mask => mask != largest).SelectMany(mask => mask._ids).Where(id => !largest.Contains(id)).Distinct().Order()];
            if (others.Length == 0)
            {
                return largest;
            }

            if (IsFew(largest._ids.Length + others.Length, vocabSize))
            {
                return new TokenMask(largest._bits, [.. largest._ids.Concat(others).Order()], largest.Count + others.Length);
            }
        }

        ulong[] bits = new ulong[WordsOf(vocabSize)];
        foreach (TokenMask mask in masks)
        {
            mask.AddTo(bits);
        }

        return Of(bits, vocabSize);
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

    /// <summary>Sets the bits of its tokens.</summary>
    public void AddTo(Span<ulong> bits)
    {
        for (int word = 0; word < (_bits?.Length ?? 0); word++)
        {
            bits[word] |= _bits![word];
        }

        foreach (int id in _ids)
        {
            Set(bits, id, true);
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
        // Eight tokens at a time: lane i keeps its logit if bit i of their byte is set.
        ReadOnlySpan<Vector256<float>> from = MemoryMarshal.Cast<float, Vector256<float>>(logits);
        Span<Vector256<float>> to = MemoryMarshal.Cast<float, Vector256<float>>(destination);
        ReadOnlySpan<ulong> bits = _bits;
        Vector256<int> laneBits = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        Vector256<float> banned = Vector256.Create(float.NegativeInfinity);
        for (int i = 0; i < to.Length; i++)
        {
            int eight = (int)(bits[i / 8] >> (i % 8 * 8)) & 0xFF;
            Vector256<int> allowed = Vector256.Equals(Vector256.Create(eight) & laneBits, laneBits);
            to[i] = Vector256.ConditionalSelect(allowed.AsSingle(), from[i], banned);
        }

        for (int id = to.Length * Vector256<float>.Count; id < destination.Length; id++)
        {
            destination[id] = (bits[id / BitsOfWord] >> (id % BitsOfWord) & 1) != 0 ? logits[id] : float.NegativeInfinity;
        }
    }
}
