// SPDX-License-Identifier: MIT
using Phi4.Tokenizer;

namespace Phi4.Core.Generation;

/// <summary>What a model folder offers for text: its tokenizer and its chat template.</summary>
internal sealed record TextTools(Phi4Tokenizer Tokenizer, ChatTemplate? ChatTemplate)
{
    /// <summary>
    /// A conversation as the model was trained to see it. White space around the template's special tokens goes where the tokenizer's own flags say so, as
    /// with the reference tokenizer.
    /// </summary>
    public int[] EncodeChat(IReadOnlyList<ChatMessage> messages) =>
        Tokenizer.EncodeChat(Template.RenderSegments(messages, addGenerationPrompt: true, Tokenizer.SpecialTokens), strip: true);

    private ChatTemplate Template => ChatTemplate ?? throw new Phi4Exception(
        "This model folder has no chat template (chat_template.jinja, or tokenizer_config.json with one), so it takes text or token ids: Prompt.FromText.");
}

/// <summary>A conversation.</summary>
internal sealed class ChatPrompt(IReadOnlyList<ChatMessage> messages) : Prompt
{
    internal override int[] Encode(TextTools? tools) => TextPrompt.Require(tools).EncodeChat(messages);
}

/// <summary>Plain text.</summary>
internal sealed class TextPrompt(string text, SpecialTokenHandling specialTokens) : Prompt
{
    public static TextTools Require(TextTools? tools) => tools ?? throw new Phi4Exception(
        "This model folder has no tokenizer (tokenizer.json, or vocab.json with merges.txt), so it takes token ids only: Prompt.FromTokens.");

    internal override int[] Encode(TextTools? tools) => Require(tools).Tokenizer.Encode(text, specialTokens);
}

/// <summary>Tokens.</summary>
internal sealed class TokenPrompt(IReadOnlyList<int> tokenIds) : Prompt
{
    internal override int[] Encode(TextTools? tools) => [.. tokenIds];
}
