// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Phi4.Core.Sampling.Constraints;

namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>
/// Patterns and grammars that nobody wrote, against all short words of their language, as .NET's regular expressions or a few lines of code find them: no token is banned that begins the
/// rest of a word, and after every token that is allowed some word can be finished.
/// </summary>
internal sealed class BruteForceTests
{
    private const int MostCharacters = 6;
    private const int MostSearched = 3000;
    private static readonly string[] Alphabet = ["a", "b", "é"];

    private static readonly string[] Words = [.. WordsOf(Alphabet, MostCharacters)];

    [Test]
    public void Mask_UnderGeneratedPatterns_IsWhatTheWordsSay([Range(0, 59)] int seed)
    {
        string pattern = PatternOf(new Random(seed), 3);
        var oracle = new Regex($"^(?:{pattern})\\z", RegexOptions.CultureInvariant);
        Check(Constraint.Regex(pattern), Words, oracle.IsMatch, seed, pattern);
    }

    [Test]
    public void Mask_UnderGeneratedGrammars_IsWhatTheWordsSay([Range(0, 39)] int seed)
    {
        (string grammar, string pattern) = GrammarOf(new Random(seed));
        var oracle = new Regex($"^(?:{pattern})\\z", RegexOptions.CultureInvariant);
        Check(Constraint.Grammar(grammar), Words, oracle.IsMatch, seed, grammar);
    }

    [Test]
    public void Mask_UnderRecursiveGrammars_IsWhatTheWordsSay()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            Check(Constraint.Grammar("root ::= \"a\" root \"a\" | \"b\" root \"b\" | \"é\" | \"\""), Words, IsPalindrome, seed, "palindromes");
            Check(Constraint.Grammar("root ::= (\"[\" root \"]\" | \"ab\" | \"{\" root \"}\")*"), [.. WordsOf(["[", "]", "{", "}", "ab"], 5)], IsBalanced, seed, "brackets");
        }
    }

    /// <summary>Goes along words of the language, token by token, and looks at every token at every step.</summary>
    private static void Check(Constraint constraint, IReadOnlyList<string> words, Func<string, bool> isWord, int seed, string what)
    {
        byte[][] language = [.. words.Where(isWord).Select(Encoding.UTF8.GetBytes)];
        CompiledConstraint compiled;
        try
        {
            compiled = ConstraintRig.Small(constraint);
        }
        catch (ConstraintException) when (language.Length == 0)
        {
            return; // nothing matches, and that was said
        }

        var random = new Random(seed);
        ParserState state = compiled.Start;
        List<byte> text = [];
        for (int step = 0; step < 2 * MostCharacters; step++)
        {
            Assert.That(state.ReachesBottom, Is.EqualTo(language.Any(word => word.AsSpan().SequenceEqual(text.ToArray())) || (IsWhole(text) && isWord(TextOf(text)))), $"{what} ends after {TextOf(text)}");
            TokenMask mask = compiled.MaskOf(state);
            List<int> onward = [];
            for (int token = 0; token < compiled.VocabSize; token++)
            {
                byte[] longer = [.. text, .. ConstraintRig.SmallTrie.BytesOf(token)];
                bool begins = longer.Length > text.Count && language.Any(word => word.AsSpan().StartsWith(longer));
                Assert.That(mask.Contains(token) || !begins, $"{what}: {TextOf(longer)} begins a word, and is banned");
                if (begins)
                {
                    onward.Add(token);
                }
                else if (mask.Contains(token))
                {
                    string? finished = Finish(compiled, compiled.After(state, token)!, longer);
                    bool isKnown = finished is not null && !finished.Any(char.IsSurrogate); // of which .NET counts two
                    Assert.That(finished is not null && (!isKnown || isWord(finished)), $"{what}: {TextOf(longer)} is allowed, and ends as {finished ?? "nothing"}");
                }
            }

            if (onward.Count == 0)
            {
                return;
            }

            int chosen = onward[random.Next(onward.Count)];
            text.AddRange(ConstraintRig.SmallTrie.BytesOf(chosen));
            state = compiled.After(state, chosen)!;
        }
    }

    /// <summary>A shortest text that begins so, byte by byte; null if none is found.</summary>
    private static string? Finish(CompiledConstraint compiled, ParserState state, byte[] text)
    {
        Queue<(ParserState State, byte[] Text)> open = new([(state, text)]);
        HashSet<ParserState> seen = [state];
        for (int searched = 0; searched < MostSearched && open.TryDequeue(out (ParserState State, byte[] Text) next); searched++)
        {
            if (next.State.ReachesBottom)
            {
                return TextOf(next.Text);
            }

            for (int value = 0; value < 256; value++)
            {
                if (compiled.After(next.State, value) is { } after && seen.Add(after))
                {
                    open.Enqueue((after, [.. next.Text, (byte)value]));
                }
            }
        }

        return null;
    }

    private static string PatternOf(Random random, int depth)
    {
        if (depth == 0 || random.Next(5) == 0)
        {
            return random.Next(6) switch { 0 => "a", 1 => "b", 2 => "é", 3 => "[ab]", 4 => "[^a]", _ => "." };
        }

        string left = PatternOf(random, depth - 1);
        return random.Next(6) switch
        {
            0 => $"(?:{left})*",
            1 => $"(?:{left})+",
            2 => string.Create(CultureInfo.InvariantCulture, $"(?:{left}){{{random.Next(3)},{2 + random.Next(3)}}}"),
            3 => $"(?:{left}|{PatternOf(random, depth - 1)}|)",
            4 => $"(?:{left}|{PatternOf(random, depth - 1)})",
            _ => left + PatternOf(random, depth - 1),
        };
    }

    /// <summary>A grammar of some rules, of which each calls later ones only, and the pattern that says the same.</summary>
    private static (string Grammar, string Pattern) GrammarOf(Random random)
    {
        const int Rules = 4;
        string[] patterns = new string[Rules];
        var grammar = new StringBuilder();
        for (int rule = Rules - 1; rule >= 0; rule--)
        {
            (string text, patterns[rule]) = Body(rule, 2);
            grammar.Append(CultureInfo.InvariantCulture, $"{(rule == 0 ? "root" : $"r{rule}")} ::= {text}\n");
        }

        return (grammar.ToString(), patterns[0]);

        (string Text, string Pattern) Body(int rule, int depth)
        {
            if (depth == 0)
            {
                int called = rule + 1 + random.Next(Rules);
                return called < Rules ? ($"r{called}", $"(?:{patterns[called]})")
                    : random.Next(4) switch { 0 => ("\"a\"", "a"), 1 => ("\"bé\"", "bé"), 2 => ("[ab]", "[ab]"), _ => ("[^b]", "[^b]") };
            }

            (string left, string leftPattern) = Body(rule, depth - 1);
            if (random.Next(2) == 0)
            {
                string times = random.Next(4) switch { 0 => "*", 1 => "+", 2 => "?", _ => "{1,3}" };
                return ($"({left}){times}", $"(?:{leftPattern}){times}");
            }

            (string right, string rightPattern) = Body(rule, depth - 1);
            return random.Next(2) == 0 ? ($"({left} | {right})", $"(?:{leftPattern}|{rightPattern})") : ($"{left} {right}", leftPattern + rightPattern);
        }
    }

    private static IEnumerable<string> WordsOf(IReadOnlyList<string> alphabet, int most)
    {
        List<string> last = [""];
        for (int length = 0; length <= most; length++)
        {
            foreach (string word in last)
            {
                yield return word;
            }

            last = [.. last.SelectMany(word => alphabet.Select(letter => word + letter))];
        }
    }

    private static bool IsPalindrome(string text) =>
        text.All(c => c is 'a' or 'b' or 'é') && text.SequenceEqual(text.Reverse()) && text.Count(c => c == 'é') == (text.Length % 2) && (text.Length % 2 == 0 || text[text.Length / 2] == 'é');

    private static bool IsBalanced(string text)
    {
        string before;
        do
        {
            before = text;
            text = text.Replace("ab", "", StringComparison.Ordinal).Replace("[]", "", StringComparison.Ordinal).Replace("{}", "", StringComparison.Ordinal);
        }
        while (text != before);
        return text.Length == 0;
    }

    private static bool IsWhole(List<byte> text) => !TextOf(text).Contains('\uFFFD', StringComparison.Ordinal);

    private static string TextOf(IEnumerable<byte> text) => Encoding.UTF8.GetString([.. text]);
}
