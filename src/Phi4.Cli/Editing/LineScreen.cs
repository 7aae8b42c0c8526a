// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using Phi4.Cli.Streams;
using Spectre.Console.Rendering;

namespace Phi4.Cli.Editing;

/// <summary>Puts a text that is being typed on a terminal, wrapped where it is wider, and draws it anew when it has changed.</summary>
/// <param name="size">The terminal's columns and rows.</param>
internal sealed class LineScreen(Func<(int Columns, int Rows)> size)
{
    private int _cursorRow;

    /// <summary>What draws the text where the last drawing was, or, after <see cref="Leave"/>, where the terminal's cursor is.</summary>
    /// <param name="prompt">Before the first line.</param>
    /// <param name="paintedPrompt">The same with colours.</param>
    /// <param name="continuation">Before the others.</param>
    /// <param name="text">The text.</param>
    /// <param name="cursor">Index in the text.</param>
    public string Draw(string prompt, string paintedPrompt, string continuation, string text, int cursor)
    {
        (int columns, int height) = size();
        (List<string> rows, int cursorRow, int cursorColumn) = Layout(prompt, continuation, text, cursor, Math.Max(8, columns));
        if (rows[0].StartsWith(prompt, StringComparison.Ordinal))
        {
            rows[0] = paintedPrompt + rows[0][prompt.Length..];
        }

        // A text higher than the terminal shows the rows around the cursor.
        int shown = Math.Min(rows.Count, Math.Max(2, height - 1));
        int first = Math.Clamp(cursorRow - shown + 1, 0, rows.Count - shown);
        var output = new StringBuilder("\e[?25l").Append(ToTop());
        output.AppendJoin("\r\n", rows.Skip(first).Take(shown)).Append('\r');
        Move(output, first + shown - 1 - cursorRow, 'A');
        Move(output, cursorColumn, 'C');
        _cursorRow = cursorRow - first;
        return output.Append("\e[?25h").ToString();
    }

    /// <summary>The text stays as it is; what comes next begins below.</summary>
    public string Leave()
    {
        _cursorRow = 0;
        return "\r\n";
    }

    /// <summary>Takes the text off the terminal, so that something else can stand in its place.</summary>
    public string Erase()
    {
        string output = ToTop();
        _cursorRow = 0;
        return output;
    }

    /// <summary>An empty terminal.</summary>
    public string Clear()
    {
        _cursorRow = 0;
        return "\e[H\e[2J";
    }

    internal static (List<string> Rows, int CursorRow, int CursorColumn) Layout(string prompt, string continuation, string text, int cursor, int columns)
    {
        List<string> rows = [];
        var row = new StringBuilder(prompt);
        int column = Cells(prompt);
        (int Row, int Column) at = (0, column);
        for (int index = 0; index < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text, index);
            string shown = Shown(text.Substring(index, length));
            int cells = Cells(shown);
            if (text[index] != '\n' && column + cells > columns)
            {
                Break("");
            }

            if (index == cursor)
            {
                at = (rows.Count, column);
            }

            if (text[index] == '\n')
            {
                Break(continuation);
            }
            else
            {
                row.Append(shown);
                column += cells;
            }

            index += length;
        }

        if (column == columns)
        {
            Break(""); // the cursor needs a place
        }

        at = cursor == text.Length ? (rows.Count, column) : at;
        rows.Add(row.ToString());
        return (rows, at.Row, at.Column);

        void Break(string begin)
        {
            rows.Add(row.ToString());
            row.Clear().Append(begin);
            column = Cells(begin);
        }
    }

    private string ToTop()
    {
        var output = new StringBuilder("\r");
        Move(output, _cursorRow, 'A');
        return output.Append("\e[J").ToString();
    }

    private static void Move(StringBuilder output, int count, char direction)
    {
        if (count > 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"\e[{count}{direction}");
        }
    }

    private static string Shown(string element) => element == "\t" ? "    " : SafeText.Of(element);

    private static int Cells(string text) => new Segment(text).CellCount();
}
