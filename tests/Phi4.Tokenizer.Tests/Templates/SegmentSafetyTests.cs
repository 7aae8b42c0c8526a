// SPDX-License-Identifier: MIT
using System.Text.Json;
using CsCheck;
using Phi4.Tokenizer.Templates;

namespace Phi4.Tokenizer.Tests.Templates;

/// <summary>Whatever stands in messages, tools and variables: none of it becomes a special token, and no character is lost.</summary>
public sealed class SegmentSafetyTests
{
    private static readonly string[] Specials =
        ["<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|end|>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|/tool|>", "<s>", "</s>"];

    /// <summary>A user's text: specials, halves of specials, Jinja and ordinary text.</summary>
    private static readonly Gen<string> Content = Gen.OneOf<string>(
            Gen.OneOf<string>(Specials),
            Gen.OneOf<string>("<|", "|>", "im_end", "<|im_", "end|>", "<", ">", "|", " ", "\n", "世界", "👋", "{{ 1 }}", "{% if %}", "user"),
            Gen.String[Gen.Char.AlphaNumeric, 0, 5])
        .Array[0, 8].Select(string.Concat);

    private static readonly Gen<ChatMessage[]> Conversation = Gen.Select(
        Gen.OneOf<string>(Gen.OneOf<string>("system", "user", "assistant", "tool"), Content), Content, (role, content) => new ChatMessage(role, content)).Array[0, 5];

    private static readonly string[] Mixing =
    [
        "{% for m in messages %}{{ '<|im_' ~ 'start|>' }}{{ m.content }}<|im_end|>{% endfor %}",
        "{% for m in messages %}<|{{ m.content }}|><|im_{{ m.content | trim | lower }}{{ '_end|>' }}{% endfor %}",
        "{% for m in messages %}{{ m.content.split('|') | join('|') }}{{ m.content | replace('<', '<') }}{{ (m.content + '|>')[2:] }}<|end|>{% endfor %}",
        "{% for m in messages %}{{ m | tojson }}{{ [m.content] }}{{ m.content[::-1][::-1] }}{{ m.content | upper | lower }}{% endfor %}",
        "{% set ns = namespace(all='<|') %}{% for m in messages %}{% set ns.all = ns.all + m.content %}{% endfor %}{{ ns.all + '|>' }}{% filter trim %}{{ ns.all }}{% endfilter %}",
        "{% macro show(x) %}<|im_start|>{{ x }}{% endmacro %}{% for m in messages %}{{ show(m.content) }}{% for c in m.content %}{{ c }}{% endfor %}{% endfor %}",
        "{% for m in messages %}{{ m.content | list | join }}{{ m.content | indent }}{{ '%' ~ m.content.title().lower() }}{{ m.content.strip('<>') ~ '|>' }}{% endfor %}",
        "{% for m in messages %}{% set x %}{{ m.content }}{% endset %}{{ x }}{{ messages | map(attribute='content') | join('<|im_sep|>') }}{% endfor %}",
    ];

    [Test]
    public void RenderSegments_AnyContent_JoinsToWhatRenderGives() => Templates().Sample(
        (template, messages) => string.Concat(template.RenderSegments(messages, true, Specials).Select(segment => segment.Text)) == template.Render(messages, true),
        iter: 2000);

    [Test]
    public void RenderSegments_AnyContent_HasTheSpecialsOfEmptyContent() => Gen.Select(Gen.OneOf<ChatTemplate>(BuiltIn), Conversation).Sample(
        (template, messages) =>
        {
            ChatMessage[] emptied = [.. messages.Select(message => message with { Content = "" })];
            Assert.That(SpecialsOf(template, messages), Is.EqualTo(SpecialsOf(template, emptied)));
        },
        iter: 2000);

    [Test]
    public void RenderSegments_ContentWithinTemplateText_NeverCompletesASpecial() => Gen.Select(Gen.OneOf<string>(Mixing), Conversation).Sample(
        (source, messages) =>
        {
            // Only specials that the template does not write itself: each one found would have come from the contents.
            ChatTemplate template = ChatTemplate.Parse(source);
            string own = string.Concat(Specials.Where(special => source.Contains(special, StringComparison.Ordinal)));
            string[] foreign = [.. Specials.Where(special => !own.Contains(special, StringComparison.Ordinal) && special != "<|im_start|>")];
            Assert.That(template.RenderSegments(messages, true, foreign), Has.None.Matches<ChatSegment>(segment => segment.IsSpecial));
        },
        iter: 4000);

    [Test]
    public void RenderSegments_SpecialsInToolsAndVariables_StayText()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ bos_token }}{{ tools }}{{ tools | tojson }}{{ note }}{{ note | default('') ~ '<|end|>' }}").WithTokens(("bos_token", "<s>"));
        TemplateValue[] tools = [TemplateValue.FromMembers([new("<|im_start|>", "<|im_end|>")])];
        var variables = new Dictionary<string, TemplateValue> { ["note"] = "</s><s>" };

        IReadOnlyList<ChatSegment> segments = template.RenderSegments([], false, Specials, tools, variables);

        Assert.That(segments.Where(segment => segment.IsSpecial).Select(segment => segment.Text), Is.EqualTo(new[] { "<s>", "<|end|>" }));
        Assert.That(segments[0], Is.EqualTo(new ChatSegment("<s>", true)));
    }

    [Test]
    public void RenderSegments_MembersOfAMessageFromJson_StayText()
    {
        using JsonDocument json = JsonDocument.Parse("""{"role":"user","name":"<|im_end|>","content":[{"type":"text","text":"<|im_sep|>"}]}""");
        ChatTemplate template = ChatTemplate.Parse("{% for m in messages %}{{ m.name }}{% for p in m.content %}{{ p.text }}{% for k, v in p.items() %}{{ k ~ v }}{% endfor %}{% endfor %}{% endfor %}");

        IReadOnlyList<ChatSegment> segments = template.RenderSegments([ChatMessage.FromJson(json.RootElement)], false, Specials);

        Assert.That(segments, Is.EqualTo(new[] { new ChatSegment("<|im_end|><|im_sep|>typetexttext<|im_sep|>", false) }));
    }

    [Test]
    public void RenderSegments_RoleInsideAToken_IsSpecialForKnownRolesOnly()
    {
        Assert.That(SpecialsOf(ChatTemplate.Phi4Mini, [new("user", "a")]), Is.EqualTo(new[] { "<|user|>", "<|end|>", "<|assistant|>" }));
        Assert.That(SpecialsOf(ChatTemplate.Phi4Mini, [new("end", "a")]), Is.EqualTo(new[] { "<|end|>", "<|assistant|>" }));
        Assert.That(SpecialsOf(ChatTemplate.Phi4Mini, [new("user|><|end|><|system", "a")]), Is.EqualTo(new[] { "<|end|>", "<|assistant|>" }));
    }

    [Test]
    public void RenderSegments_OverlappingSpecials_TakesTheLongest()
    {
        IReadOnlyList<ChatSegment> segments = ChatTemplate.Parse("a<|x|>y<|x|>").RenderSegments([], false, ["<|x|>", "<|x|>y", "x"]);

        Assert.That(segments, Is.EqualTo(new[] { new ChatSegment("a", false), new ChatSegment("<|x|>y", true), new ChatSegment("<|x|>", true) }));
    }

    [Test]
    public void RenderSegments_NeighbouringTexts_AreOnePiece()
    {
        IReadOnlyList<ChatSegment> segments = ChatTemplate.Parse("Say {{ messages[0].content }}!<|end|>").RenderSegments([new("user", "<|end|>")], false, Specials);

        Assert.That(segments, Is.EqualTo(new[] { new ChatSegment("Say <|end|>!", false), new ChatSegment("<|end|>", true) }));
    }

    private static ChatTemplate[] BuiltIn => [ChatTemplate.Phi4, ChatTemplate.Phi4FirstRelease, ChatTemplate.Phi4Mini, ChatTemplate.ChatML];

    private static Gen<(ChatTemplate, ChatMessage[])> Templates() =>
        Gen.Select(Gen.OneOf<ChatTemplate>([.. BuiltIn, .. Mixing.Select(source => ChatTemplate.Parse(source))]), Conversation);

    private static string[] SpecialsOf(ChatTemplate template, ChatMessage[] messages) =>
        [.. template.RenderSegments(messages, true, Specials).Where(segment => segment.IsSpecial).Select(segment => segment.Text)];
}
