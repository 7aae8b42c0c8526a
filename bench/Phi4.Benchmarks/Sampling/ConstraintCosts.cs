// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Phi4.Core.Generation;
using Phi4.Core.Sampling.Constraints;
using Phi4.TestSupport;
using Phi4.Tokenizer;

namespace Phi4.Benchmarks.Sampling;

/// <summary>
/// What constraints cost on phi-4's vocabulary: compiling; the mask, and following a token, while nothing is known yet and once it is; laying the mask over a row of logits.
/// The texts are random ones of the constraint, the same in both passes.
/// </summary>
internal static class ConstraintCosts
{
    private const int VocabSize = 100_352;
    private const int Texts = 20;
    private const int MostTokens = 150;

    private const string Person = """
        {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"email":{"type":["string","null"]},"born":{"type":"string","format":"date"},
        "tags":{"type":"array","items":{"type":"string"},"maxItems":5},"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"},"zip":{"type":"string","pattern":"^[0-9]{5}$"}},
        "required":["street","city"],"additionalProperties":false}},"required":["name","age","address"],"additionalProperties":false}
        """;

    private const string Tree = """{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":"number"},"label":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["value"]}}}""";

    public static void Run()
    {
        using var json = new GZipStream(File.OpenRead(Goldens.Tokenizer("phi4-shaped-tokenizer.json.gz")), CompressionMode.Decompress);
        Phi4Tokenizer tokenizer = Phi4Tokenizer.FromTokenizerJson(json);
        TokenTrie trie = ConstraintCompiler.TrieOf(tokenizer, VocabSize);
        int[] Encode(byte[] text) => tokenizer.Encode(Encoding.UTF8.GetString(text));
        (string Name, Constraint Constraint)[] cases =
        [
            ("schema, person", Constraint.JsonSchema(Person)),
            ("schema, recursive tree", Constraint.JsonSchema(Tree)),
            ("schema, 30 optional members", Constraint.JsonSchema(Wide(30))),
            ("schema, maxLength 500", Constraint.JsonSchema("""{"type":"object","properties":{"text":{"type":"string","maxLength":500}},"required":["text"]}""")),
            ("schema, maxLength 10000", Constraint.JsonSchema("""{"type":"object","properties":{"text":{"type":"string","maxLength":10000}},"required":["text"]}""")),
            ("schema, pattern and maxLength 200", Constraint.JsonSchema("""{"type":"object","properties":{"text":{"type":"string","pattern":"^[^0-9]+$","maxLength":200}},"required":["text"]}""")),
            ("schema, maxItems 1000", Constraint.JsonSchema("""{"type":"array","items":{"type":"string","maxLength":40},"minItems":3,"maxItems":1000}""")),
            ("any JSON", Constraint.Json()),
            ("pattern", Constraint.Regex(@"[A-Z][a-z]+ (?:[a-z]+ ){2,20}\d{4}-\d{2}-\d{2}\.")),
            ("grammar", Constraint.Grammar("root ::= term (\" + \" term)*\nterm ::= [0-9]+ | \"(\" root \")\" | [a-z]+")),
            ("choices, 50", Constraint.Choice([.. Enumerable.Range(0, 50).Select(i => $"choice number {i}")])),
        ];
        foreach ((_, Constraint constraint) in cases)
        {
            Measure(constraint, trie, Encode); // the just-in-time compiler's turn
        }

        Console.WriteLine("| Constraint | Compile ms | Tokens | Forced | New: µs a token | Known: µs a token | Mask over logits: µs |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach ((string name, Constraint constraint) in cases)
        {
            Console.WriteLine($"| {name} | {Measure(constraint, trie, Encode)}");
        }
    }

    private static string Measure(Constraint constraint, TokenTrie trie, Func<byte[], int[]> encode)
    {
        long start = Stopwatch.GetTimestamp();
        var compiled = new CompiledConstraint(ConstraintSource.Compile(constraint), trie, encode);
        double compile = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        float[] logits = new float[VocabSize];
        float[] masked = new float[VocabSize];
        TimeSpan[] passes = new TimeSpan[2];
        int tokens = 0;
        int forcedCount = 0;
        TimeSpan copying = default;
        for (int pass = 0; pass < 2; pass++)
        {
            var random = new Random(5);
            tokens = forcedCount = 0;
            copying = default;
            for (int text = 0; text < Texts; text++)
            {
                ParserState state = compiled.Start;
                for (int count = 0; count < MostTokens; count++)
                {
                    start = Stopwatch.GetTimestamp();
                    int[] forced = compiled.ForcedAfter(state);
                    TokenMask mask = compiled.MaskOf(state);
                    passes[pass] += Stopwatch.GetElapsedTime(start);
                    if (mask.Count == 0)
                    {
                        break;
                    }

                    start = Stopwatch.GetTimestamp();
                    mask.Copy(masked, logits);
                    copying += Stopwatch.GetElapsedTime(start);
                    int chosen = forced.Length > 0 ? forced[0] : Choose(mask, trie, random);
                    forcedCount += forced.Length > 0 ? 1 : 0;
                    tokens++;
                    start = Stopwatch.GetTimestamp();
                    state = compiled.After(state, chosen)!;
                    passes[pass] += Stopwatch.GetElapsedTime(start);
                }
            }
        }

        return FormattableString.Invariant(
            $"{compile:F1} | {tokens} | {forcedCount} | {passes[0].TotalMicroseconds / tokens:F1} | {passes[1].TotalMicroseconds / tokens:F1} | {copying.TotalMicroseconds / tokens:F1} |");
    }

    // Some liking for what closes things, else texts never end.
    private static int Choose(TokenMask mask, TokenTrie trie, Random random)
    {
        int[] ids = [.. mask.Ids()];
        int[] closing = random.Next(6) == 0 ? [.. ids.Where(id => trie.BytesOf(id)[0] is (byte)'"' or (byte)'}' or (byte)']' or (byte)')')] : [];
        return closing.Length > 0 ? closing[random.Next(closing.Length)] : ids[random.Next(ids.Length)];
    }

    private static string Wide(int members) =>
        $$"""{"type":"object","properties":{{{string.Join(',', Enumerable.Range(0, members).Select(i => $$"""
            "member_{{i}}":{"type":"{{(i % 2 == 0 ? "string" : "integer")}}"}
            """))}}},"additionalProperties":false}""";
}
