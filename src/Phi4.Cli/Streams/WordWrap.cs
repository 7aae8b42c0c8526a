// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using Spectre.Console.Rendering;

namespace Phi4.Cli.Streams;

/// <summary>
/// Breaks the lines of a text that comes in pieces between words. A word is shown as it comes, and moved to the next line when it turns out not to fit; one that is longer
/// than a line is broken where the line ends.
/// </summary>
/// <param name="columns">The terminal's columns just now.</param>
internal sealed class WordWrap(Func<int> columns)
{
    private readonly StringBuilder _word = new();
    private int _wordCells;
    private int _column;

    /// <summary>What shows the next piece behind those before.</summary>
    public string Of(string text)
    {
        // The last column stays free: terminals differ in where the cursor is after it.
        int width = Math.Max(8, columns()) - 1;
        var output = new StringBuilder(text.Length);
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            Add(output, elements.GetTextElement(), width);
        }

        return output.ToString();
    }

    private void Add(StringBuilder output, string element, int width)
    {
        int cells = element == "\t" ? 8 - _column % 8 : new Segment(element).CellCount();
        bool isSpace = char.IsWhiteSpace(element[0]);
        if (element is "\n" or "\r\n" || (isSpace && _column + cells > width))
        {
            output.Append('\n');
            EndWord();
            _column = 0;
            return;
        }

        if (isSpace || cells > 1)
        {
            EndWord(); // a wide character is a word by itself
        }

        if (_column + cells > width)
        {
            Break(output);
        }

        output.Append(element);
        _column += cells;
        if (!isSpace)
        {
            _word.Append(element);
            _wordCells += cells;
        }
    }

    /// <summary>The word that is under way goes to the next line, unless it has a line to itself already.</summary>
    private void Break(StringBuilder output)
    {
        if (_wordCells == _column)
        {
            EndWord();
        }

        if (_wordCells > 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"\e[{_wordCells}D\e[K");
        }

        output.Append('\n').Append(_word);
        _column = _wordCells;
    }

    private void EndWord()
    {
        _word.Clear();
        _wordCells = 0;
    }
}
