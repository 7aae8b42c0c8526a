// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Cli.Tests.Editing;

/// <summary>A terminal that understands what the editor writes, for looking at what somebody would see. One cell a character; a wide one is followed by an empty cell.</summary>
internal sealed class Screen(int columns, int rows) : StringWriter(CultureInfo.InvariantCulture)
{
    private readonly List<char[]> _rows = [Row(columns)];
    private int _row;
    private int _column;

    /// <summary>What stands there, with | where the cursor is.</summary>
    public string Picture => string.Join('\n', _rows.Select((row, index) =>
    {
        string text = new string(row).TrimEnd(' ').Replace("\0", "", StringComparison.Ordinal);
        return index == _row ? text.PadRight(_column).Insert(Math.Min(_column, text.PadRight(_column).Length), "|") : text;
    }));

    public int Rows => rows;

    /// <summary>What stands there.</summary>
    public string Text => string.Join('\n', _rows.Select(row => new string(row).TrimEnd(' ').Replace("\0", "", StringComparison.Ordinal)));

    /// <summary>Where the cursor is in its row.</summary>
    public int Column => _column;

    public override void Write(string? value)
    {
        string text = value ?? "";
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\e')
            {
                int end = i + 2;
                while (!char.IsAsciiLetter(text[end]))
                {
                    end++;
                }

                Control(text[(i + 2)..end], text[end]);
                i = end;
            }
            else
            {
                Put(text[i]);
            }
        }
    }

    public override void Write(char value) => Write(value.ToString());

    private void Put(char c)
    {
        switch (c)
        {
            case '\r':
                _column = 0;
                return;
            case '\n':
                _column = 0; // as the terminal's driver has it
                Down();
                return;
        }

        if (_column == columns)
        {
            _column = 0;
            Down();
        }

        _rows[_row][_column++] = c;
        if (c >= '\u1100' && !char.IsLowSurrogate(c))
        {
            _rows[_row][_column++] = '\0';
        }
    }

    private void Down()
    {
        _row++;
        if (_row == _rows.Count)
        {
            _rows.Add(Row(columns));
        }

        if (_rows.Count > rows)
        {
            _rows.RemoveAt(0); // scrolled out
            _row--;
        }
    }

    private void Control(string parameter, char command)
    {
        int count = int.TryParse(parameter, CultureInfo.InvariantCulture, out int number) ? number : 1;
        switch (command)
        {
            case 'A':
                _row = Math.Max(0, _row - count);
                break;
            case 'D':
                _column = Math.Max(0, Math.Min(_column, columns - 1) - count);
                break;
            case 'K':
                Array.Fill(_rows[_row], ' ', _column, columns - _column);
                break;
            case 'C':
                _column += count;
                break;
            case 'H':
                (_row, _column) = (0, 0);
                break;
            case 'J' when parameter == "2":
                _rows.Clear();
                _rows.Add(Row(columns));
                break;
            case 'J':
                Array.Fill(_rows[_row], ' ', _column, columns - _column);
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                break;
            case 'h' or 'l' or 'm':
                break;
            default:
                throw new InvalidOperationException($"no such control: {parameter}{command}");
        }
    }

    private static char[] Row(int columns) => [.. Enumerable.Repeat(' ', columns)];
}
