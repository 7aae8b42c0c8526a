// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.Tokenizer;

namespace Phi4;

/// <summary>What an answer continues: a conversation, plain text, or tokens.</summary>
/// <remarks>
/// Conversations go through the model's own chat template; text inside messages can never become a special token.
/// </remarks>
public abstract class Prompt
{
    private protected Prompt()
    {
    }

    /// <summary>One question of a user, in the model's chat format.</summary>
    public static Prompt FromUser(string text) => FromChat([new ChatMessage("user", text)]);

    /// <summary>A conversation, in the model's chat format; the model speaks next.</summary>
    public static Prompt FromChat(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return new ChatPrompt(messages);
    }

    /// <summary>Text as it stands, without a template.</summary>
    /// <param name="text">The text.</param>
    /// <param name="specialTokens">Whether strings such as <c>&lt;|im_start|&gt;</c> in it become special tokens; by default they stay text.</param>
    public static Prompt FromText(string text, SpecialTokenHandling specialTokens = SpecialTokenHandling.Text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TextPrompt(text, specialTokens);
    }

    /// <summary>Tokens as they stand; needs no tokenizer.</summary>
    public static Prompt FromTokens(IReadOnlyList<int> tokenIds)
    {
        ArgumentNullException.ThrowIfNull(tokenIds);
        return new TokenPrompt(tokenIds);
    }

    /// <summary>The ids that the model will see.</summary>
    internal abstract int[] Encode(TextTools? tools);
}
