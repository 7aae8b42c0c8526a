// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Tokenizer.Merging;

/// <summary>The bytes of every token in one array.</summary>
internal sealed class TokenBytes
{
    /// <summary>Bytes that can be read past any token.</summary>
    public const int Padding = 16;

    private readonly byte[] _bytes;
    private readonly int[] _starts;

    /// <param name="tokens">By id; null where an id has no token.</param>
    public TokenBytes(IReadOnlyList<byte[]?> tokens)
    {
        _starts = new int[tokens.Count + 1];
        _bytes = new byte[tokens.Sum(token => token?.Length ?? 0) + Padding];
        for (int id = 0, at = 0; id < tokens.Count; id++)
        {
            ReadOnlySpan<byte> token = tokens[id];
            token.CopyTo(_bytes.AsSpan(at));
            at += token.Length;
            _starts[id + 1] = at;
            LongestBytes = Math.Max(LongestBytes, token.Length);
        }
    }

    /// <summary>One more than the highest id.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Length of the longest token.</summary>
    public int LongestBytes { get; }

    /// <summary>The bytes of a token; empty for an id without one.</summary>
    public ReadOnlySpan<byte> this[int id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]);
    }

    /// <summary>As the indexer, as memory.</summary>
    public ReadOnlyMemory<byte> Memory(int id) => _bytes.AsMemory(_starts[id], _starts[id + 1] - _starts[id]);

    /// <summary>Length of a token; zero for an id without one or outside the vocabulary.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Length(int id) => (uint)id < (uint)Count ? _starts[id + 1] - _starts[id] : 0;

    /// <summary>Copies a token to the front of <paramref name="destination"/> and gives its length. May write up to <see cref="Padding"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CopyTo(int id, Span<byte> destination)
    {
        int start = _starts[id], length = _starts[id + 1] - start;
        if (length <= Padding && destination.Length >= Padding)
        {
            Vector128.Create<byte>(_bytes.AsSpan(start, Padding)).CopyTo(destination);
        }
        else
        {
            _bytes.AsSpan(start, length).CopyTo(destination);
        }

        return length;
    }
}
