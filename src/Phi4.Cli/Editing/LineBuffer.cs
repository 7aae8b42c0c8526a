// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Cli.Editing;

/// <summary>A text that is being typed, one line or several, and where the cursor stands. It moves by what people see as one character, never into half of one.</summary>
internal sealed class LineBuffer
{
    private string _killed = "";

    public string Text { get; private set; } = "";

    /// <summary>Index of the character behind the cursor.</summary>
    public int Cursor { get; private set; }

    private int LineStart => Cursor == 0 ? 0 : Text.LastIndexOf('\n', Cursor - 1) + 1;

    private int LineEnd => Text.IndexOf('\n', Cursor) is var end and >= 0 ? end : Text.Length;

    /// <summary>Replaces everything; the cursor goes to the end.</summary>
    public void Set(string text)
    {
        Text = text;
        Cursor = text.Length;
    }

    public void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    public void Left() => Cursor = Before(Cursor);

    public void Right() => Cursor = After(Cursor);

    public void WordLeft() => Cursor = WordStart();

    public void WordRight() => Cursor = WordEnd();

    public void Home() => Cursor = LineStart;

    public void End() => Cursor = LineEnd;

    /// <summary>To the line above, as far to the right as here; false if there is none.</summary>
    public bool Up()
    {
        int start = LineStart;
        if (start == 0)
        {
            return false;
        }

        int column = Cursor - start;
        Cursor = start - 1;
        Cursor = Whole(Math.Min(LineStart + column, Cursor));
        return true;
    }

    /// <summary>To the line below, as far to the right as here; false if there is none.</summary>
    public bool Down()
    {
        int column = Cursor - LineStart;
        int end = LineEnd;
        if (end == Text.Length)
        {
            return false;
        }

        Cursor = end + 1;
        Cursor = Whole(Math.Min(Cursor + column, LineEnd));
        return true;
    }

    public void DeleteLeft() => Remove(Before(Cursor), Cursor);

    public void DeleteRight() => Remove(Cursor, After(Cursor));

    public void KillWordLeft() => Kill(WordStart(), Cursor);

    public void KillWordRight() => Kill(Cursor, WordEnd());

    public void KillToHome() => Kill(LineStart, Cursor);

    public void KillToEnd() => Kill(Cursor, LineEnd);

    /// <summary>Puts in what was killed last.</summary>
    public void Yank() => Insert(_killed);

    private void Kill(int from, int to)
    {
        _killed = to > from ? Text[from..to] : _killed;
        Remove(from, to);
    }

    private void Remove(int from, int to)
    {
        Text = Text.Remove(from, to - from);
        Cursor = from;
    }

    private int Before(int index) => StringInfo.ParseCombiningCharacters(Text).LastOrDefault(start => start < index);

    private int After(int index) => index + StringInfo.GetNextTextElementLength(Text, index);

    /// <summary>The beginning of the character that an index may stand in the middle of.</summary>
    private int Whole(int index) => index == Text.Length ? index : Before(index + 1);

    private int WordStart()
    {
        int index = Cursor;
        while (index > 0 && !char.IsLetterOrDigit(Text[index - 1]))
        {
            index--;
        }

        while (index > 0 && char.IsLetterOrDigit(Text[index - 1]))
        {
            index--;
        }

        return Whole(index);
    }

    private int WordEnd()
    {
        int index = Cursor;
        while (index < Text.Length && !char.IsLetterOrDigit(Text[index]))
        {
            index++;
        }

        while (index < Text.Length && char.IsLetterOrDigit(Text[index]))
        {
            index++;
        }

        return index;
    }
}
