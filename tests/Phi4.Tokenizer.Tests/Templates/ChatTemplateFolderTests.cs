// SPDX-License-Identifier: MIT
using Phi4.Tokenizer.Templates;

namespace Phi4.Tokenizer.Tests.Templates;

/// <summary>Where a model folder keeps its template, and what it says about special tokens.</summary>
public sealed class ChatTemplateFolderTests
{
    private static readonly ChatMessage[] Hello = [new("user", "hi")];

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("phi4-template-").FullName;

    [TearDown]
    public void DropFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void FromFolder_StringInTokenizerConfig_IsUsedWithItsTokens()
    {
        Write("tokenizer_config.json", """{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": true}, "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}"}""");

        ChatTemplate template = ChatTemplate.FromFolder(_folder);

        Assert.That(
            template.RenderSegments(Hello, true, ["<s>", "</s>"]), Is.EqualTo(new[] { new ChatSegment("<s>", true), new("hi", false), new("</s>", true) }));
    }

    [Test]
    public void FromFolder_NamedTemplates_UsesToolUseWhenToolsAreGiven()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"}, {"name": "rag", "template": "R"}]}""");

        Assert.That(ChatTemplate.FromFolder(_folder).Render(Hello, true), Is.EqualTo("D"));
        Assert.That(ChatTemplate.FromFolder(_folder).Render(Hello, true, tools: ["t"]), Is.EqualTo("T"));
        Assert.That(ChatTemplate.FromFolder(_folder, "rag").Render(Hello, true, tools: ["t"]), Is.EqualTo("R"));
    }

    [Test]
    public void FromFolder_UnknownName_NamesWhatThereIs()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "default", "template": "D"}, {"name": "rag", "template": "R"}]}""");

        ChatTemplateException? error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.FromFolder(_folder, "chat"));

        Assert.That(error!.Kind, Is.EqualTo(ChatTemplateErrorKind.File));
        Assert.That(error.Message, Does.Contain("'chat'").And.Contain("default, rag"));
    }

    [Test]
    public void FromFolder_SeveralFiles_TheJinjaFileWins()
    {
        Write("tokenizer_config.json", """{"chat_template": "config"}""");
        Assert.That(ChatTemplate.FromFolder(_folder).Source, Is.EqualTo("config"));
        Write("chat_template.json", """{"chat_template": "json"}""");
        Assert.That(ChatTemplate.FromFolder(_folder).Source, Is.EqualTo("json"));
        Write("chat_template.jinja", "jinja");
        Assert.That(ChatTemplate.FromFolder(_folder).Source, Is.EqualTo("jinja"));
        Directory.CreateDirectory(Path.Combine(_folder, "additional_chat_templates"));
        Write(Path.Combine("additional_chat_templates", "tool_use.jinja"), "tools");
        Assert.That(ChatTemplate.FromFolder(_folder).Render(Hello, true, tools: ["t"]), Is.EqualTo("tools"));
    }

    [Test]
    public void FindInFolder_NoTemplate_IsNull()
    {
        Write("tokenizer_config.json", """{"bos_token": null, "chat_template": null}""");

        Assert.That(ChatTemplate.FindInFolder(_folder), Is.Null);
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.FromFolder(_folder));
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("""{"chat_template": 7}""")]
    [TestCase("""{"chat_template": [{"name": "default"}]}""")]
    [TestCase("""{"chat_template": ["default"]}""")]
    public void FromFolder_MalformedConfig_NamesTheFile(string config)
    {
        Write("tokenizer_config.json", config);

        ChatTemplateException? error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.FromFolder(_folder));

        Assert.That(error!.Kind, Is.EqualTo(ChatTemplateErrorKind.File));
        Assert.That(error.Message, Does.Contain(Path.Combine(_folder, "tokenizer_config.json")));
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);
}
