// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Tokenizer.Templates;

/// <summary>Builds text part by part and keeps each part's origin; every character is charged to the budget.</summary>
internal sealed class TextBuilder(EvaluationBudget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<TextRun> _runs = [];

    public int Length => _text.Length;

    public TextBuilder Append(StringValue value)
    {
        int start = 0;
        foreach (TextRun run in value.Runs)
        {
            Append(value.Text.AsSpan(start, run.End - start), run.FromTemplate);
            start = run.End;
        }

        return this;
    }

    public TextBuilder Append(ReadOnlySpan<char> text, bool fromTemplate)
    {
        if (text.IsEmpty)
        {
            return this;
        }

        budget.ChargeText(text.Length, (long)_text.Length + text.Length);
        _text.Append(text);
        var run = new TextRun(_text.Length, fromTemplate);
        if (_runs.Count > 0 && _runs[^1].FromTemplate == fromTemplate)
        {
            _runs[^1] = run;
        }
        else
        {
            _runs.Add(run);
        }

        return this;
    }

    public StringValue ToValue() => _text.Length == 0 ? StringValue.Empty : new StringValue(_text.ToString(), [.. _runs]);
}
