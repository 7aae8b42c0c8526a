// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using Phi4.Core.Generation;
using Phi4.Core.Sampling.Constraints;
using Phi4.Core.Sampling.Constraints.Grammars;
using Phi4.TestSupport;
using Phi4.Tokenizer;

namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>Vocabularies for constraints, and a model that knows nothing.</summary>
internal static class ConstraintRig
{
    private static readonly Lazy<Phi4Tokenizer> LazyPhi4 = new(() =>
    {
        using var json = new GZipStream(File.OpenRead(Goldens.Tokenizer("phi4-shaped-tokenizer.json.gz")), CompressionMode.Decompress);
        return Phi4Tokenizer.FromTokenizerJson(json);
    });

    private static readonly ConcurrentDictionary<Constraint, Automaton> Compiled = new();

    private static readonly Lazy<TokenTrie> LazyPhi4Trie = new(() => ConstraintCompiler.TrieOf(Phi4, 100_352));

    public static Phi4Tokenizer Phi4 => LazyPhi4.Value;

    /// <summary>phi-4's vocabulary.</summary>
    public static TokenTrie Phi4Trie => LazyPhi4Trie.Value;

    /// <summary>All bytes, and some tokens that reach over the borders of JSON's parts and of characters.</summary>
    public static TokenTrie SmallTrie { get; } = new(
    [
        .. Enumerable.Range(0, 256).Select(value => (byte[])[(byte)value]),
        .. ((string[])["{\"", "\":", "\": ", "\",", "\", \"", "\"}", "\"]", "}}", "]}", "},", " \"", ", ", "[[", "]]", "null", "true", "12", "0.5", "é", "日本", "ab", "abc", "\\n", "\\u00", "-1", "[]", "{}", "ab"]).Select(Encoding.UTF8.GetBytes),
        [0xA9, (byte)'"'],
        [0xE6, 0x97],
        [(byte)'x', 0xC3],
        [],
    ]);

    public static Automaton Compile(Constraint constraint) => Compiled.GetOrAdd(constraint, ConstraintSource.Compile);

    public static CompiledConstraint Small(Constraint constraint) => new(Compile(constraint), SmallTrie, null);

    public static CompiledConstraint Real(Constraint constraint) => new(Compile(constraint), Phi4Trie, bytes => Phi4.Encode(Encoding.UTF8.GetString(bytes)));

    /// <summary>Whether the text, whole, is one of the constraint's, found byte by byte.</summary>
    public static bool Accepts(Constraint constraint, string text)
    {
        var states = new ParserStates(Compile(constraint));
        return Encoding.UTF8.GetBytes(text).Aggregate(states.Start, states.Step).ReachesBottom;
    }

    /// <summary>Text of a model whose logits are noise; some liking for what closes things keeps texts short.</summary>
    /// <returns>The text, and whether it came to an end of its own.</returns>
    public static (string Text, bool IsComplete) Babble(CompiledConstraint constraint, TokenTrie trie, Random random, int mostTokens = 400)
    {
        var state = new ConstraintState(constraint, []);
        float[] logits = new float[trie.VocabSize];
        float[] masked = new float[trie.VocabSize];
        List<byte> bytes = [];
        for (int count = 0; count < mostTokens; count++)
        {
            if (state.MustEnd || (state.MayEnd && random.Next(3) == 0))
            {
                return (Encoding.UTF8.GetString([.. bytes]), true);
            }

            for (int id = 0; id < logits.Length; id++)
            {
                ReadOnlySpan<byte> token = trie.BytesOf(id);
                logits[id] = random.NextSingle() + (token.IsEmpty ? 2 : token[0] is (byte)'"' or (byte)'}' or (byte)']' ? 0.4f * random.NextSingle() : 0);
            }

            state.Copy(masked, logits);
            int chosen = masked.AsSpan().IndexOf(masked.Max());
            state.Accept(chosen);
            bytes.AddRange(trie.BytesOf(chosen));
        }

        return (Encoding.UTF8.GetString([.. bytes]), state.MustEnd);
    }
}
