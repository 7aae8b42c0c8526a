// SPDX-License-Identifier: MIT
using Phi4.Tokenizer.Templates;

namespace Phi4.Tokenizer.Tests.Templates;

/// <summary>An error says what, where, and shows the place.</summary>
public sealed class ChatTemplateErrorTests
{
    [TestCase("{{ x | frob }}", ChatTemplateErrorKind.Unsupported, "the filter 'frob' is not supported", 1, 8)]
    [TestCase("a\n  {{ x is frob }}", ChatTemplateErrorKind.Unsupported, "the test 'frob' is not supported", 2, 11)]
    [TestCase("a\n\n{% include 'x' %}", ChatTemplateErrorKind.Unsupported, "the statement 'include' is not supported", 3, 1)]
    [TestCase("{% for x in y recursive %}{% endfor %}", ChatTemplateErrorKind.Unsupported, "recursive loops are not supported", 1, 15)]
    [TestCase("{{ '%s' % 1 }}", ChatTemplateErrorKind.Unsupported, "formatting text with % is not supported", 1, 9)]
    [TestCase("{{ 'x'.format(1) }}", ChatTemplateErrorKind.Unsupported, "the string method 'format' is not supported", 1, 14)]
    [TestCase("{{ ['x'] | map('frob') | list }}", ChatTemplateErrorKind.Unsupported, "the filter 'frob' is not supported", 1, 12)]
    [TestCase("{{ a b }}", ChatTemplateErrorKind.Syntax, "expected '}}', found 'b'", 1, 6)]
    [TestCase("x {% if a %}\ny", ChatTemplateErrorKind.Syntax, "this 'if' is never closed: expected 'elif' or 'else' or 'endif'", 1, 3)]
    [TestCase("{{ 'abc }}", ChatTemplateErrorKind.Syntax, "this string is never closed", 1, 4)]
    [TestCase("{{ messages[0].content + 1 }}", ChatTemplateErrorKind.Evaluation, "'+' does not work on a string and a whole number", 1, 24)]
    [TestCase("{{ a.b }}", ChatTemplateErrorKind.Evaluation, "'a' is undefined", 1, 5)]
    [TestCase("{{ messages[0].frob.x }}", ChatTemplateErrorKind.Evaluation, "the mapping has no member 'frob'", 1, 20)]
    [TestCase("{{ frob(1) }}", ChatTemplateErrorKind.Evaluation, "'frob' is undefined", 1, 8)]
    [TestCase("{{ messages.append(1) }}", ChatTemplateErrorKind.Evaluation, "'append' would change a list, which a chat template must not do", 1, 19)]
    [TestCase("\r\n\r\n  {{ raise_exception('No ' ~ 'way') }}", ChatTemplateErrorKind.Raised, "No way", 3, 21)]
    public void ParseAndRender_BadTemplate_NamesProblemAndPlace(string template, ChatTemplateErrorKind kind, string problem, int line, int column)
    {
        ChatTemplateException? error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template).Render([new("user", "hi")], true));

        Assert.That((error!.Kind, error.Problem, error.Line, error.Column), Is.EqualTo((kind, problem, line, column)));
        Assert.That(error.Message, Does.StartWith($"Chat template, line {line}, column {column}: {problem}\n"));
        Assert.That(template, Does.Contain(error.Excerpt));
    }

    [Test]
    public void Parse_LongLine_ShowsTheTextAroundTheConstruct()
    {
        string template = new string('a', 500) + "{{ x | frob }}" + new string('b', 500);

        ChatTemplateException? error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template));

        Assert.That(error!.Excerpt, Is.EqualTo("…" + new string('a', 41) + "{{ x | frob }}" + new string('b', 41) + "…"));
        string[] lines = error.Message.Split('\n');
        Assert.That(lines[1][lines[2].IndexOf('^', StringComparison.Ordinal)..], Does.StartWith("frob"));
    }
}
