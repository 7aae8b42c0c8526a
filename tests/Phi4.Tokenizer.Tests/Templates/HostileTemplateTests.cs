// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Tokenizer.Templates;

namespace Phi4.Tokenizer.Tests.Templates;

/// <summary>Templates written to hang, to fill the memory or to overflow the stack end in a typed error, soon.</summary>
public sealed class HostileTemplateTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [TestCaseSource(nameof(Attacks))]
    public void ParseAndRender_Attack_IsALimitError(string template)
    {
        long started = Stopwatch.GetTimestamp();

        ChatTemplateException? error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template).Render([new("user", "hi")], true));

        Assert.That(error!.Kind, Is.EqualTo(ChatTemplateErrorKind.Limit), error.Message);
        Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(Soon));
    }

    [TestCaseSource(nameof(Attacks))]
    public void ParseAndRender_AttackOnASmallStack_IsALimitErrorStill(string template)
    {
        var limits = new TemplateLimits { MaxWork = 1_000_000 };
        Exception? error = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    ChatTemplate.Parse(template, limits).Render([new("user", "hi")], true);
                }
                catch (ChatTemplateException thrown)
                {
                    error = thrown;
                }
            },
            maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();

        Assert.That(error, Is.InstanceOf<ChatTemplateException>());
        Assert.That(((ChatTemplateException)error!).Kind, Is.EqualTo(ChatTemplateErrorKind.Limit));
    }

    [Test]
    public void Render_LoopLongerThanTheTimeAllowed_IsALimitError()
    {
        var limits = new TemplateLimits { MaxTime = TimeSpan.FromMilliseconds(50), MaxWork = long.MaxValue };
        ChatTemplate template = ChatTemplate.Parse("{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}", limits);

        ChatTemplateException? error = Assert.Throws<ChatTemplateException>(() => template.Render([], false));

        Assert.That(error!.Kind, Is.EqualTo(ChatTemplateErrorKind.Limit));
        Assert.That(error.Problem, Does.Contain("longer than 0.05 s"));
    }

    [Test]
    public void Render_LongConversation_StaysWithinTheLimits()
    {
        ChatMessage[] messages = [.. Enumerable.Range(0, 2000).Select(i => new ChatMessage(i % 2 == 0 ? "user" : "assistant", new string('x', 2000)))];

        Assert.That(ChatTemplate.Phi4.Render(messages, true), Has.Length.GreaterThan(4_000_000));
    }

    private static IEnumerable<TestCaseData<string>> Attacks()
    {
        (string Name, string Template)[] attacks =
        [
            ("loops in loops", "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}"),
            ("a huge range", "{% for a in range(1000000000000) %}{% endfor %}"),
            ("a range one too long", "{{ range(100001) | length }}"),
            ("many ranges", "{% for a in range(99999) %}{% set x = range(99999) %}{% endfor %}"),
            ("doubling text", "{% set ns = namespace(x='abcdefgh') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}"),
            ("doubling lists", "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}"),
            ("repeating text", "{{ 'abc' * 1000000000000 }}"),
            ("repeating lists", "{{ [0] * 1000000000000 }}"),
            ("a tower of powers", "{{ 9 ** (9 ** 9) }}"),
            ("squaring", "{% set ns = namespace(x=9) %}{% for a in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}"),
            ("a macro that calls itself", "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}"),
            ("macros that call each other", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}"),
            ("a macro tree", "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}"),
            ("macros through call", "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}"),
            ("a deep list", "{% set ns = namespace(x=[]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}"),
            ("a deep list as JSON", "{% set ns = namespace(x=[]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}"),
            ("deep lists compared", "{% set ns = namespace(x=[], y=[]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x == ns.y }}"),
            ("deep lists ordered", "{% set ns = namespace(x=[], y=[1]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x < ns.y }}"),
            ("a list of itself twice, printed", "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}"),
            ("a list of itself twice, compared", "{% set ns = namespace(x=[1], y=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}"),
            ("brackets in brackets", "{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}"),
            ("lists in lists", "{{ " + new string('[', 100_000) + new string(']', 100_000) + " }}"),
            ("mappings in mappings", "{{ " + string.Concat(Enumerable.Repeat("{'a':", 10_000)) + "1" + new string('}', 10_000) + " }}"),
            ("signs", "{{ " + new string('-', 100_000) + "1 }}"),
            ("negations", "{{ " + string.Concat(Enumerable.Repeat("not ", 50_000)) + "1 }}"),
            ("a long sum", "{{ 1" + string.Concat(Enumerable.Repeat("+1", 100_000)) + " }}"),
            ("a long chain of members", "{{ a" + string.Concat(Enumerable.Repeat(".a", 100_000)) + " }}"),
            ("a long chain of filters", "{{ a" + string.Concat(Enumerable.Repeat("|trim", 100_000)) + " }}"),
            ("a long chain of calls", "{{ a" + string.Concat(Enumerable.Repeat("()", 100_000)) + " }}"),
            ("a long chain of choices", "{{ a" + string.Concat(Enumerable.Repeat(" if b", 100_000)) + " }}"),
            ("choices in choices", "{{ a" + string.Concat(Enumerable.Repeat(" if b else c", 50_000)) + " }}"),
            ("subscripts in subscripts", "{{ " + string.Concat(Enumerable.Repeat("a[", 50_000)) + "1" + new string(']', 50_000) + " }}"),
            ("ifs in ifs", string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000)) + string.Concat(Enumerable.Repeat("{% endif %}", 50_000))),
            ("targets in targets", "{% set " + new string('(', 50_000) + "a" + new string(')', 50_000) + " = 1 %}"),
            ("replacing nothing", "{% set ns = namespace(x='ab') %}{% for a in range(99) %}{% set ns.x = ns.x | replace('', ns.x) %}{% endfor %}"),
            ("joining", "{% set ns = namespace(x='ab') %}{% for a in range(99) %}{% set ns.x = ns.x.join([ns.x, ns.x, ns.x]) %}{% endfor %}"),
            ("indenting", "{% set ns = namespace(x='a\n') %}{% for a in range(9999) %}{% set ns.x = ns.x | indent(1000, true, true) ~ '\n' ~ ns.x %}{% endfor %}"),
            ("unique over many", "{{ range(99999) | unique | list | length }}"),
            ("a source too long", new string('x', (1 << 20) + 1)),
        ];
        return attacks.Select(attack => new TestCaseData<string>(attack.Template).SetArgDisplayNames(attack.Name));
    }
}
