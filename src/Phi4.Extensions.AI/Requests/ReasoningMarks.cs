// SPDX-License-Identifier: MIT
using Phi4.Tokenizer;

namespace Phi4.Extensions.AI.Requests;

/// <summary>How thoughts are set off from an answer: by text, by tokens that have no text, or both.</summary>
internal sealed record ReasoningMarks(int? OpenId, int? CloseId)
{
    public const string Open = "<think>";
    public const string Close = "</think>";

    /// <summary>Null for a model that does not mark thoughts.</summary>
    public static ReasoningMarks? Of(ReasoningFormat format, ChatTemplate template, Phi4Tokenizer tokenizer)
    {
        int? open = IdOf(tokenizer, Open);
        bool isKnown = open is not null || template.Source.Contains(Open, StringComparison.Ordinal);
        return format == ReasoningFormat.ThinkTags || (format == ReasoningFormat.Auto && isKnown) ? new ReasoningMarks(open, IdOf(tokenizer, Close)) : null;
    }

    private static int? IdOf(Phi4Tokenizer tokenizer, string text) => tokenizer.SpecialTokens.TryGet(text, out AddedToken? token) && token.IsSpecial ? token.Id : null;
}
