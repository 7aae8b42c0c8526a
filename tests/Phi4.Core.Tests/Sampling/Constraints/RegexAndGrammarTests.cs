// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Phi4.Core.Tests.Sampling.Constraints;

internal sealed class RegexAndGrammarTests
{
    private static readonly string[] Patterns =
    [
        "a", "ab|cd", "a*b+c?", "(ab){2,3}", "[a-c]{2}", "[^a-c]+", @"\d{3}-\d{4}", @"\w+\s\w+", "a.c", "(a|b)*abb", @"\x61\u0062", "x{0}", "x{2,}", "(?:a|)(?<n>b)", @"[\w-]+",
        @"\.\*\[", "é+|[日-月]", "^ab$", "a+?b", @"\S\D\W",
    ];

    private static readonly string[] Pieces = ["a", "b", "c", "d", "x", "1", "2", "-", " ", "é", "日", ".", "*", "[", "ab", "123-4567", "\n"];

    [TestCaseSource(nameof(Patterns))]
    public void Regex_RandomTexts_MatchWhereDotNetDoes(string pattern)
    {
        var random = new Random(3);
        var constraint = Constraint.Regex(pattern);
        var oracle = new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant);
        for (int i = 0; i < 500; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            bool isAscii = text.All(char.IsAscii) || !pattern.Contains('\\');
            if (isAscii && !text.EndsWith('\n'))
            {
                Assert.That(ConstraintRig.Accepts(constraint, text), Is.EqualTo(oracle.IsMatch(text)), $"{pattern} on {text}");
            }
        }
    }

    [TestCase("(", 1)]
    [TestCase("a)", 1)]
    [TestCase("*a", 0)]
    [TestCase("a**", 2)]
    [TestCase("a{3,2}", 1)]
    [TestCase("a{99999}", 7)]
    [TestCase("[z-a]", 2)]
    [TestCase("[a", 2)]
    [TestCase(@"\1", 1)]
    [TestCase(@"\p{L}", 1)]
    [TestCase("(?=a)", 1)]
    [TestCase("(?<=a)", 3)]
    [TestCase("a^b", 1)]
    [TestCase("(a$)", 2)]
    [TestCase("\\", 1)]
    public void Regex_MalformedOrUnsupported_IsRefusedWithItsPosition(string pattern, int position)
    {
        ConstraintException error = Assert.Throws<ConstraintException>(() => ConstraintRig.Compile(Constraint.Regex(pattern)))!;
        Assert.That(error.Path, Is.EqualTo($"pattern, position {position}"), error.Message);
    }

    [Test]
    public void Choice_OnlyTheChoices_Match()
    {
        var constraint = Constraint.Choice("yes", "no", "日本");
        Assert.That((string[])["yes", "no", "日本"], Is.All.Matches<string>(text => ConstraintRig.Accepts(constraint, text!)));
        Assert.That((string[])["", "y", "yesno", "日"], Is.All.Matches<string>(text => !ConstraintRig.Accepts(constraint, text!)));
        Assert.That(constraint, Is.EqualTo(Constraint.Choice("yes", "no", "日本")));
        Assert.That(() => Constraint.Choice(), Throws.ArgumentException);
        Assert.That(() => Constraint.Choice("a", ""), Throws.ArgumentException);
    }

    [Test]
    public void Grammar_WithRecursionCommentsAndLines_MatchesWhatItDerives()
    {
        var constraint = Constraint.Grammar("""
            # balanced
            root ::= item+      # one or more
            item ::= "(" item* ")"
                   | [a-c] [^x\]]
                   | word
            word ::= "w\"\u00e9" ("!" | "?"){1,2}
            """);
        Assert.That((string[])["()", "(()())", "ab", "a日", "w\"é!", "w\"é!?()"], Is.All.Matches<string>(text => ConstraintRig.Accepts(constraint, text!)));
        Assert.That((string[])["", "(", "())", "ax", "a]", "w\"é", "w\"é!!!"], Is.All.Matches<string>(text => !ConstraintRig.Accepts(constraint, text!)));
    }

    [Test]
    public void Grammar_WithASchemaInside_MatchesItsJsonAndWhatStandsAround()
    {
        var constraint = Constraint.Grammar("""
            root ::= "é<" value (", " value)* ">"   # a list
            value ::= %json {"type": "object", "properties": {"a": {"$ref": "#/$defs/n}"}, "é": {"const": "日本"}}, "required": ["a"], "$defs": {"n}": {"type": "integer"}}} | %json true "!"
            """);
        Assert.That((string[])["é<{\"a\":1}>", "é<{\"a\": 1, \"é\": \"日本\"}, {\"a\":2}>", "é<[1, {}]!>", "é<{}!>"], Is.All.Matches<string>(text => ConstraintRig.Accepts(constraint, text!)));
        Assert.That((string[])["é<{}>", "é<{\"a\":1.5}>", "é<[1, {}]>", "é<{\"a\":1}", "{\"a\":1}", "é<{\"a\" :1}>"], Is.All.Matches<string>(text => !ConstraintRig.Accepts(constraint, text!)));
    }

    [Test]
    public void Grammar_WithASchemaInside_KeepsToTheWhiteSpaceAskedFor()
    {
        const string Text = "root ::= \"<\" %json {\"type\": \"array\", \"items\": {\"type\": \"integer\"}} \">\"";
        Assert.That(ConstraintRig.Accepts(Constraint.Grammar(Text), "<[1, 2]>"), Is.True);
        Assert.That(ConstraintRig.Accepts(Constraint.Grammar(Text, JsonWhitespace.Compact), "<[1, 2]>"), Is.False);
        Assert.That(Constraint.Grammar(Text), Is.Not.EqualTo(Constraint.Grammar(Text, JsonWhitespace.Compact)));
    }

    [TestCase("root ::= %json {", "a JSON Schema expected")]
    [TestCase("root ::= %json {\"uniqueItems\": true}", "#/uniqueItems")]
    [TestCase("root ::= a", "no rule a")]
    [TestCase("a ::= \"x\"", "no rule root")]
    [TestCase("root ::= root \"a\" | \"b\"", "begin with itself")]
    [TestCase("root ::= a | \"b\"\na ::= x root\nx ::= \"\"", "begin with itself")]
    [TestCase("root ::= \"a\" root", "nothing matches")]
    [TestCase("root ::= \"a\nb", "ends too soon")]
    [TestCase("root = \"a\"", "::= expected")]
    [TestCase("root ::= \"a\"\nroot ::= \"b\"", "second time")]
    [TestCase("root ::= (\"a\"", ") expected")]
    public void Grammar_MalformedOrEndless_IsRefused(string grammar, string message) =>
        Assert.That(() => ConstraintRig.Compile(Constraint.Grammar(grammar)), Throws.TypeOf<ConstraintException>().With.Message.Contains(message));

    [Test]
    public void Regex_ThatTakesTooMuch_IsRefused() =>
        Assert.That(() => ConstraintRig.Compile(Constraint.Regex("(?:(?:a{100}){100}){100}")), Throws.TypeOf<ConstraintException>().With.Message.Contains("more than"));
}
