// SPDX-License-Identifier: MIT
using System.Buffers;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints;

/// <summary>
/// A constraint for one vocabulary, shared by any number of requests on any threads. What it says never changes; what it has found out about states it keeps, up to a limit, so that
/// a step that goes where another has gone before allocates nothing.
/// </summary>
internal sealed class CompiledConstraint
{
    /// <summary>States at which everything found out is forgotten.</summary>
    public const int StateLimit = 20_000;

    // Long enough for what people write between two values; bounds the work of one step.
    private const int MostForcedBytes = 512;

    private readonly Automaton _automaton;
    private readonly StateLikeness _likeness;
    private readonly TokenTrie _trie;
    private readonly Func<byte[], int[]>? _encode;
    private readonly Lock _gate = new();
    private ParserStates _states;
    private TrieWalker _walker;

    /// <param name="automaton">The grammar.</param>
    /// <param name="trie">The vocabulary.</param>
    /// <param name="encode">The tokenizer's own way to spell whole characters, by which forced text is spelled; null forces only what a single token can spell.</param>
    public CompiledConstraint(Automaton automaton, TokenTrie trie, Func<byte[], int[]>? encode)
    {
        _automaton = automaton;
        _likeness = StateLikeness.Of(automaton);
        _trie = trie;
        _encode = encode;
        _states = new ParserStates(automaton);
        _walker = new TrieWalker(_states, _likeness, trie);
    }

    /// <summary>Before the first token.</summary>
    public ParserState Start
    {
        get
        {
            lock (_gate)
            {
                return _states.Start;
            }
        }
    }

    public int VocabSize => _trie.VocabSize;

    /// <summary>Tokens that may follow; end tokens are not among them.</summary>
    public TokenMask MaskOf(ParserState state)
    {
        if (state.Mask is { } known)
        {
            return known;
        }

        lock (_gate)
        {
            return state.Mask ??= _walker.MaskOf(Current(state));
        }
    }

    /// <summary>The state after a token, or null if it may not follow.</summary>
    public ParserState? After(ParserState state, int token)
    {
        ReadOnlySpan<byte> bytes = _trie.BytesOf(token);
        if (bytes.IsEmpty)
        {
            return null;
        }

        lock (_gate)
        {
            state = Current(state);
            foreach (byte value in bytes)
            {
                state = _states.Step(state, value);
            }

            return state.IsDead ? null : state;
        }
    }

    /// <summary>
    /// Tokens that spell what has to follow. They are the tokenizer's own for that text, as far as no longer token could still come in their place; where only one token may follow,
    /// that one.
    /// </summary>
    public int[] ForcedAfter(ParserState state)
    {
        if (state.Forced is { } known)
        {
            return known;
        }

        lock (_gate)
        {
            return state.Forced ??= Force(Current(state));
        }
    }

    private int[] Force(ParserState state)
    {
        if (state.ReachesBottom)
        {
            return [];
        }

        byte[] bytes = ForcedBytes(state);
        int[] ids = bytes.Length == 0 || _encode is null ? [] : _encode(bytes);
        int count = Agreeing(state, bytes, ids);
        return count > 0 ? ids[..count] : _walker.MaskOf(state).Single is var single and >= 0 ? [single] : [];
    }

    /// <summary>Bytes that follow in every text, up to where a character is whole.</summary>
    private byte[] ForcedBytes(ParserState state)
    {
        var bytes = new ArrayBufferWriter<byte>();
        int whole = 0;
        while (!state.ReachesBottom && bytes.WrittenCount < MostForcedBytes && OnlyByte(state) is { } value)
        {
            bytes.Write([value]);
            state = _states.Step(state, value);
            if (System.Text.Rune.DecodeLastFromUtf8(bytes.WrittenSpan[whole..], out _, out int length) == OperationStatus.Done && length > 0)
            {
                whole = bytes.WrittenCount;
            }
        }

        return bytes.WrittenSpan[..whole].ToArray();
    }

    private byte? OnlyByte(ParserState state)
    {
        byte? only = null;
        for (int value = 0; value < 256; value++)
        {
            if (!_states.Step(state, (byte)value).IsDead)
            {
                if (only is not null)
                {
                    return null;
                }

                only = (byte)value;
            }
        }

        return only;
    }

    /// <summary>How many of the ids are certain: they spell the bytes, and no token may come that spells what is left of the bytes and more.</summary>
    private int Agreeing(ParserState state, byte[] bytes, int[] ids)
    {
        foreach (byte value in bytes)
        {
            state = _states.Step(state, value);
        }

        int at = 0;
        int certain = ids.Length;
        for (int i = 0; i < ids.Length; i++)
        {
            ReadOnlySpan<byte> token = _trie.BytesOf(ids[i]);
            if (token.IsEmpty || !bytes.AsSpan(at).StartsWith(token))
            {
                return 0;
            }

            if (certain == ids.Length && MayGrow(_trie.Find(bytes.AsSpan(at)), state))
            {
                certain = i;
            }

            at += token.Length;
        }

        return at == bytes.Length ? certain : 0;
    }

    /// <summary>Whether some token below a node of the trie may come.</summary>
    private bool MayGrow(int root, ParserState state)
    {
        if (root < 0)
        {
            return false;
        }

        var path = new ParserState[TokenTrie.MaxDepth + 1];
        path[_trie.Nodes[root].Depth] = state;
        for (int i = root + 1; i < _trie.Nodes[root].End;)
        {
            TokenTrie.Node node = _trie.Nodes[i];
            ParserState next = path[node.Depth] = _states.Step(path[node.Depth - 1], node.Byte);
            if (!next.IsDead && node.Token >= 0)
            {
                return true;
            }

            i = next.IsDead ? node.End : i + 1;
        }

        return false;
    }

    /// <summary>The same state among those that are kept; forgets them all first when they have become too many.</summary>
    private ParserState Current(ParserState state)
    {
        if (_states.Count > StateLimit)
        {
            _states = new ParserStates(_automaton);
            _walker = new TrieWalker(_states, _likeness, _trie);
        }

        return _states.Import(state);
    }
}
