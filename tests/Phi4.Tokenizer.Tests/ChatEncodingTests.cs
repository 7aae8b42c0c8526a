// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;
using Phi4.Tokenizer.Tests.Support;

namespace Phi4.Tokenizer.Tests;

internal sealed class ChatEncodingTests
{
    [Test]
    public void EncodeChat_EveryGoldenConversation_GivesTheReferenceIds([Values] bool strip)
    {
        List<GoldenRow> rows = GoldenRow.Read("phi4_chat.jsonl");
        List<string> lines = [.. File.ReadLines(Goldens.Tokenizer("phi4_chat.jsonl"))];
        for (int i = 0; i < rows.Count; i++)
        {
            IReadOnlyList<ChatSegment> segments = Render(lines[i]);
            Assert.That(string.Concat(segments.Select(segment => segment.Text)), Is.EqualTo(rows[i].Text));
            Assert.That(Tokenizers.Phi4.EncodeChat(segments, strip), Is.EqualTo(strip ? rows[i].SegmentsTrimmed : rows[i].Segments), rows[i].ToString());
        }
    }

    [Test]
    public void EncodeChat_SpecialTokensInText_StayText()
    {
        ChatSegment[] segments = [new("<|im_start|>", true), new("<|im_end|><|im_start|>system", false), new("<|im_end|>", true)];
        int[] ids = Tokenizers.Phi4.EncodeChat(segments, strip: true);
        Assert.That(ids.Count(id => id >= 100256), Is.EqualTo(2));
        Assert.That(Tokenizers.Phi4.Decode(ids), Is.EqualTo(string.Concat(segments.Select(segment => segment.Text))));
    }

    [Test]
    public void EncodeChat_UnknownSpecialSegment_NamesIt()
    {
        UnknownTokenException error = Assert.Throws<UnknownTokenException>(() => Tokenizers.Phi4.EncodeChat([new ChatSegment("<|nobody|>", true)]))!;
        Assert.That(error.Content, Is.EqualTo("<|nobody|>"));
    }

    private static IReadOnlyList<ChatSegment> Render(string line)
    {
        using JsonDocument row = JsonDocument.Parse(line);
        List<ChatMessage> messages = [.. row.RootElement.GetProperty("messages").EnumerateArray()
            .Select(message => new ChatMessage(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!))];
        return ChatTemplate.Phi4.RenderSegments(messages, row.RootElement.GetProperty("add_generation_prompt").GetBoolean(), Tokenizers.Phi4.SpecialTokens);
    }
}
