// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Cuts rendered text into special tokens and literal text. Only unbroken text of the template can hold a special token.</summary>
internal static class SegmentSplitter
{
    public static List<ChatSegment> Split(StringValue rendered, IReadOnlyCollection<string> specialTokens)
    {
        ILookup<char, string> byFirst = specialTokens.Where(token => token.Length > 0).OrderByDescending(token => token.Length).ToLookup(token => token[0]);
        var segments = new List<ChatSegment>();
        string text = rendered.Text;
        int literalStart = 0, runStart = 0;
        foreach (TextRun run in rendered.Runs)
        {
            for (int i = runStart; run.FromTemplate && i < run.End;)
            {
                string? token = LongestAt(byFirst, text.AsSpan(i, run.End - i));
                if (token is null)
                {
                    i++;
                    continue;
                }

                AddLiteral(segments, text, literalStart, i);
                segments.Add(new ChatSegment(token, IsSpecial: true));
                i += token.Length;
                literalStart = i;
            }

            runStart = run.End;
        }

        AddLiteral(segments, text, literalStart, text.Length);
        return segments;
    }

    private static string? LongestAt(ILookup<char, string> byFirst, ReadOnlySpan<char> text)
    {
        foreach (string token in byFirst[text[0]])
        {
            if (text.StartsWith(token, StringComparison.Ordinal))
            {
                return token;
            }
        }

        return null;
    }

    private static void AddLiteral(List<ChatSegment> segments, string text, int start, int end)
    {
        if (end > start)
        {
            segments.Add(new ChatSegment(text[start..end], IsSpecial: false));
        }
    }
}
