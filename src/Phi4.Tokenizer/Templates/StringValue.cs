// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>
/// Text that knows where each part came from: written in the template, or user data. Concatenation, slicing and trimming keep the
/// origin of every part; what cannot be told apart counts as user data.
/// </summary>
internal sealed class StringValue : TemplateValue
{
    public static readonly StringValue Empty = new("", []);

    private readonly TextRun[] _runs;

    public StringValue(string text, TextRun[] runs)
    {
        Text = text;
        _runs = runs;
    }

    public string Text { get; }

    /// <summary>The parts in order, neighbours of different origin; empty for empty text.</summary>
    public ReadOnlySpan<TextRun> Runs => _runs;

    public bool HasUserData => Array.Exists(_runs, run => !run.FromTemplate);

    internal override bool IsTrue => Text.Length > 0;

    internal override string TypeName => "string";

    public static StringValue FromTemplate(string text) => Uniform(text, fromTemplate: true);

    public static StringValue FromData(string text) => Uniform(text, fromTemplate: false);

    public static StringValue Uniform(string text, bool fromTemplate) =>
        text.Length == 0 ? Empty : new(text, [new TextRun(text.Length, fromTemplate)]);

    public StringValue Slice(int start, int length)
    {
        if (length == 0)
        {
            return Empty;
        }

        if (length == Text.Length)
        {
            return this;
        }

        var runs = new List<TextRun>(_runs.Length);
        foreach (TextRun run in _runs)
        {
            if (run.End > start)
            {
                runs.Add(new TextRun(Math.Min(run.End - start, length), run.FromTemplate));
            }

            if (run.End >= start + length)
            {
                break;
            }
        }

        return new StringValue(Text.Substring(start, length), [.. runs]);
    }
}
