// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Tokenizer.Tests.Templates;

/// <summary>Every conversation of the goldens, rendered by both published templates of phi-4.</summary>
public sealed class ChatTemplateGoldenTests
{
    private static readonly string[] Markers = ["<|im_start|>", "<|im_sep|>", "<|im_end|>", "<|endoftext|>"];

    [TestCaseSource(nameof(Rows))]
    public void Render_GoldenConversation_GivesBothTemplatesText(JsonElement row)
    {
        ChatMessage[] messages = [.. row.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)];
        bool addGenerationPrompt = row.GetProperty("add_generation_prompt").GetBoolean();
        string expected = row.GetProperty("text").GetString()!;
        string expectedFirst = row.TryGetProperty("text_first_template", out JsonElement text) ? text.GetString()! : expected;

        Assert.That(ChatTemplate.Phi4.Render(messages, addGenerationPrompt), Is.EqualTo(expected));
        Assert.That(ChatTemplate.Phi4FirstRelease.Render(messages, addGenerationPrompt), Is.EqualTo(expectedFirst));
    }

    [TestCaseSource(nameof(Rows))]
    public void RenderSegments_GoldenConversation_HasOnlyTheTemplatesMarkers(JsonElement row)
    {
        ChatMessage[] messages = [.. row.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)];
        bool addGenerationPrompt = row.GetProperty("add_generation_prompt").GetBoolean();
        int turnCount = messages.Count(message => message.Role is "system" or "user" or "assistant");

        IReadOnlyList<ChatSegment> segments = ChatTemplate.Phi4.RenderSegments(messages, addGenerationPrompt, Markers);

        Assert.That(string.Concat(segments.Select(segment => segment.Text)), Is.EqualTo(row.GetProperty("text").GetString()));
        Assert.That(segments.Count(segment => segment.IsSpecial), Is.EqualTo((3 * turnCount) + (addGenerationPrompt ? 2 : 0)));
    }

    private static IEnumerable<TestCaseData<JsonElement>> Rows()
    {
        int index = 0;
        foreach (string line in File.ReadLines(Goldens.Tokenizer("phi4_chat.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return new TestCaseData<JsonElement>(document.RootElement.Clone()).SetArgDisplayNames($"row {index++}");
        }
    }
}
