// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Sampling.Constraints;
using Phi4.Tokenizer;

namespace Phi4.Core.Generation;

/// <summary>Compiles constraints for one vocabulary and keeps those used last, so that equal constraints share what they find out. Thread-safe.</summary>
internal sealed class ConstraintCompiler(Phi4Tokenizer tokenizer, int vocabSize)
{
    /// <summary>Compiled constraints that are kept.</summary>
    public const int Capacity = 64;

    private readonly Lazy<TokenTrie> _trie = new(() => TrieOf(tokenizer, vocabSize));
    private readonly Lazy<TokenTrie> _thinkingTrie = new(() => TrieOf(tokenizer, vocabSize, Thoughts.Open, Thoughts.Close));
    private readonly Lock _gate = new();
    private readonly Dictionary<Constraint, (CompiledConstraint Compiled, long LastUse)> _kept = [];
    private long _uses;

    /// <exception cref="ConstraintException">It can't be honoured; says where and why.</exception>
    public CompiledConstraint Compile(Constraint constraint)
    {
        if (Find(constraint) is { } known)
        {
            return known;
        }

        var compiled = new CompiledConstraint(ConstraintSource.Compile(constraint), constraint.MayThink ? _thinkingTrie.Value : _trie.Value, Encode);
        lock (_gate)
        {
            if (_kept.TryGetValue(constraint, out (CompiledConstraint Compiled, long LastUse) found))
            {
                return found.Compiled; // somebody else was faster
            }

            if (_kept.Count == Capacity)
            {
                _kept.Remove(_kept.MinBy(entry => entry.Value.LastUse).Key);
            }

            _kept.Add(constraint, (compiled, ++_uses));
            return compiled;
        }
    }

    /// <summary>The vocabulary as constraints see it: special tokens have no bytes, so that no constraint can ask for one, but for those that are named here.</summary>
    public static TokenTrie TrieOf(Phi4Tokenizer tokenizer, int vocabSize, params string[] special)
    {
        byte[][] tokens = new byte[vocabSize][];
        for (int id = 0; id < tokens.Length; id++)
        {
            bool isText = id < tokenizer.VocabularySize && tokenizer.HasToken(id) && (!tokenizer.SpecialTokens.TryGet(id, out AddedToken? token) || special.Contains(token.Content));
            tokens[id] = isText ? tokenizer.GetTokenBytes(id).ToArray() : [];
        }

        return new TokenTrie(tokens);
    }

    private CompiledConstraint? Find(Constraint constraint)
    {
        lock (_gate)
        {
            if (!_kept.TryGetValue(constraint, out (CompiledConstraint Compiled, long LastUse) found))
            {
                return null;
            }

            _kept[constraint] = found with { LastUse = ++_uses };
            return found.Compiled;
        }
    }

    private int[] Encode(byte[] text) => tokenizer.Encode(Encoding.UTF8.GetString(text));
}
