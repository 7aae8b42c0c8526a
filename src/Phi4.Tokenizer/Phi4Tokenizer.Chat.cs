// SPDX-License-Identifier: MIT
using Phi4.Tokenizer.Merging;

namespace Phi4.Tokenizer;

public sealed partial class Phi4Tokenizer
{
    /// <summary>
    /// The ids of a rendered prompt. Special segments become their tokens; text segments are text, whatever they hold, so that no message can bring in a
    /// special token.
    /// </summary>
    /// <param name="segments">The prompt, as a chat template renders it; each text segment is encoded by itself.</param>
    /// <param name="strip">
    /// Whether text loses the white space beside a special token as that token's flags say. The ids are then those of Hugging Face for the same
    /// prompt, unless text holds special tokens' strings.
    /// </param>
    /// <exception cref="UnknownTokenException">A special segment is no special token of this vocabulary.</exception>
    public int[] EncodeChat(IReadOnlyList<ChatSegment> segments, bool strip = false)
    {
        ArgumentNullException.ThrowIfNull(segments);
        var ids = new TokenBuffer(segments.Count * 16);
        try
        {
            for (int i = 0; i < segments.Count; i++)
            {
                ChatSegment segment = segments[i];
                if (segment.IsSpecial)
                {
                    ids.Add(SpecialTokens[segment.Text]);
                    continue;
                }

                ReadOnlySpan<char> text = segment.Text;
                if (strip && TokenAt(segments, i - 1) is { RightStrip: true })
                {
                    text = text.TrimStart();
                }

                if (strip && TokenAt(segments, i + 1) is { LeftStrip: true })
                {
                    text = text.TrimEnd();
                }

                EncodeText(text, ref ids);
            }

            return ids.Ids.ToArray();
        }
        finally
        {
            ids.Dispose();
        }
    }

    private AddedToken? TokenAt(IReadOnlyList<ChatSegment> segments, int index) =>
        index >= 0 && index < segments.Count && segments[index].IsSpecial && SpecialTokens.TryGet(segments[index].Text, out AddedToken? token) ? token : null;
}
