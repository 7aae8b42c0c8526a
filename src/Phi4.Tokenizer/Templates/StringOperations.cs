// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Python's string methods on text with origins; each result keeps the origin of every part.</summary>
internal static class StringOperations
{
    public static StringValue Trim(StringValue value, string? characters, bool left, bool right)
    {
        string text = value.Text;
        HashSet<int>? set = characters is null ? null : [.. characters.EnumerateRunes().Select(rune => rune.Value)];
        int start = 0, end = text.Length;
        while (left && start < end && IsTrimmed(text.AsSpan(start, Math.Min(2, end - start)), fromEnd: false, set, out int width))
        {
            start += width;
        }

        while (right && end > start && IsTrimmed(text.AsSpan(Math.Max(start, end - 2), Math.Min(2, end - start)), fromEnd: true, set, out int width))
        {
            end -= width;
        }

        return value.Slice(start, end - start);
    }

    public static TemplateValue[] Split(StringValue value, StringValue? separator, int limit, EvaluationBudget budget)
    {
        var parts = new List<TemplateValue>();
        string text = value.Text;
        int at = 0;
        if (separator is null)
        {
            while ((at = SkipSpace(text, at)) < text.Length)
            {
                int end = at;
                while (end < text.Length && !CodePoints.IsSpace(text[end]))
                {
                    end++;
                }

                bool isLast = limit >= 0 && parts.Count == limit;
                parts.Add(isLast ? value.Slice(at, text.Length - at) : value.Slice(at, end - at));
                at = isLast ? text.Length : end;
            }
        }
        else
        {
            RefuseEmpty(separator);
            for (int next; (limit < 0 || parts.Count < limit) && (next = text.IndexOf(separator.Text, at, StringComparison.Ordinal)) >= 0;)
            {
                parts.Add(value.Slice(at, next - at));
                at = next + separator.Text.Length;
            }

            parts.Add(value.Slice(at, text.Length - at));
        }

        budget.Charge(parts.Count + (text.Length >> 4));
        return [.. parts];
    }

    public static TemplateValue[] SplitFromRight(StringValue value, StringValue? separator, int limit, EvaluationBudget budget)
    {
        if (limit < 0)
        {
            return Split(value, separator, limit, budget);
        }

        var parts = new List<TemplateValue>();
        string text = value.Text;
        int end = text.Length;
        if (separator is null)
        {
            throw new TemplateFault(ChatTemplateErrorKind.Unsupported, "rsplit with a limit needs a separator");
        }

        RefuseEmpty(separator);
        while (parts.Count < limit && end > 0)
        {
            int at = text.LastIndexOf(separator.Text, end - 1, end, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            parts.Add(value.Slice(at + separator.Text.Length, end - at - separator.Text.Length));
            end = at;
        }

        parts.Add(value.Slice(0, end));
        parts.Reverse();
        budget.Charge(parts.Count + (text.Length >> 4));
        return [.. parts];
    }

    public static List<StringValue> SplitLines(StringValue value, bool keepEnds, EvaluationBudget budget)
    {
        var lines = new List<StringValue>();
        string text = value.Text;
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && text[end] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029'))
            {
                end++;
            }

            int next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            lines.Add(value.Slice(at, (keepEnds ? next : end) - at));
            at = next;
        }

        budget.Charge(lines.Count + (text.Length >> 4));
        return lines;
    }

    public static StringValue Replace(StringValue value, StringValue old, StringValue with, int limit, EvaluationBudget budget)
    {
        string text = value.Text;
        var result = new TextBuilder(budget);
        int at = 0, count = 0;
        if (old.Text.Length == 0)
        {
            int[] offsets = CodePoints.Offsets(text);
            for (int i = 0; i < offsets.Length; i++)
            {
                result.Append(limit < 0 || count++ < limit ? with : StringValue.Empty);
                int end = i + 1 < offsets.Length ? offsets[i + 1] : text.Length;
                result.Append(value.Slice(offsets[i], end - offsets[i]));
            }

            return result.ToValue();
        }

        for (int next; (limit < 0 || count < limit) && (next = text.IndexOf(old.Text, at, StringComparison.Ordinal)) >= 0; count++)
        {
            result.Append(value.Slice(at, next - at)).Append(with);
            at = next + old.Text.Length;
        }

        return result.Append(value.Slice(at, text.Length - at)).ToValue();
    }

    public static StringValue Join(StringValue separator, IEnumerable<StringValue> parts, EvaluationBudget budget)
    {
        var text = new TextBuilder(budget);
        bool isFirst = true;
        foreach (StringValue part in parts)
        {
            budget.Charge(1);
            text.Append(isFirst ? StringValue.Empty : separator).Append(part);
            isFirst = false;
        }

        return text.ToValue();
    }

    public static StringValue Indent(StringValue value, StringValue margin, bool first, bool blank, EvaluationBudget budget)
    {
        StringValue newline = StringValue.FromTemplate("\n");
        List<StringValue> lines = SplitLines(new TextBuilder(budget).Append(value).Append(newline).ToValue(), keepEnds: false, budget);
        var text = new TextBuilder(budget);
        for (int i = 0; i < lines.Count; i++)
        {
            bool isIndented = i == 0 ? first : blank || lines[i].Text.Length > 0;
            text.Append(i > 0 ? newline : StringValue.Empty).Append(isIndented ? margin : StringValue.Empty).Append(lines[i]);
        }

        return text.ToValue();
    }

    private static void RefuseEmpty(StringValue separator)
    {
        if (separator.Text.Length == 0)
        {
            throw new TemplateFault(ChatTemplateErrorKind.Evaluation, "a separator cannot be empty");
        }
    }

    private static int SkipSpace(string text, int at)
    {
        while (at < text.Length && CodePoints.IsSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsTrimmed(ReadOnlySpan<char> window, bool fromEnd, HashSet<int>? set, out int width)
    {
        bool isPair = window.Length == 2 && char.IsSurrogatePair(window[0], window[1]);
        char single = fromEnd ? window[^1] : window[0];
        width = isPair ? 2 : 1;
        return set is null ? CodePoints.IsSpace(single) : set.Contains(isPair ? char.ConvertToUtf32(window[0], window[1]) : single);
    }
}
