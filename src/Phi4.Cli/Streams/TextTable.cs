// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Streams;

/// <summary>Columns of plain text: numbers to the right, words to the left.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void WriteTo(TextWriter writer)
    {
        int[] widths = [.. headings.Select((heading, column) => _rows.Select(row => row[column].Length).Append(heading.Length).Max())];
        bool[] areNumbers = [.. headings.Select((_, column) => _rows.Count > 0 && _rows.All(row => row[column].All(IsPartOfANumber)))];
        Write(headings);
        _rows.ForEach(Write);

        void Write(string[] cells) => writer.WriteLine(string.Join(
            "  ", cells.Select((cell, column) => areNumbers[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
    }

    private static bool IsPartOfANumber(char c) => char.IsAsciiDigit(c) || c is ',' or '.' or '-';
}
