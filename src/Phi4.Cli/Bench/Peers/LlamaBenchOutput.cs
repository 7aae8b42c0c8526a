// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;

namespace Phi4.Cli.Bench.Peers;

/// <summary>Reads what a llama-bench of any age and fork prints: json, csv or md.</summary>
internal static class LlamaBenchOutput
{
    private const string RateName = "avg_ts";

    /// <summary>Tokens a second of the only test that was run.</summary>
    /// <exception cref="FormatException">There is no result, or more than one.</exception>
    public static double Rate(string output)
    {
        // Some print warnings in between, to the same stream.
        string text = string.Join('\n', output.Split('\n').Where(line => !line.StartsWith("WARNING", StringComparison.Ordinal))).Trim();
        double[] rates = text.StartsWith('[') || text.StartsWith('{') ? FromJson(text)
            : text.Contains(RateName, StringComparison.Ordinal) ? FromCsv(text)
            : FromMarkdown(text);
        return rates is [> 0 and var rate] && double.IsFinite(rate)
            ? rate
            : throw new FormatException(rates.Length == 1 ? $"a rate of {rates[0]}" : $"{rates.Length} results, not one");
    }

    private static double[] FromJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray().Select(Rate)] : [Rate(root)];
        }
        catch (JsonException e)
        {
            throw new FormatException("broken JSON", e);
        }
    }

    private static double Rate(JsonElement row) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(RateName, out JsonElement rate) && rate.ValueKind == JsonValueKind.Number
            ? rate.GetDouble()
            : throw new FormatException($"JSON without {RateName}");

    private static double[] FromCsv(string text)
    {
        string[] lines = [.. Lines(text).SkipWhile(line => !line.Contains(RateName, StringComparison.Ordinal))];
        int column = Array.FindIndex(Cells(lines[0]), cell => cell == RateName);
        return [.. lines.Skip(1).Select(line => Number(Cells(line).ElementAtOrDefault(column)))];

        static string[] Cells(string line)
        {
            List<string> cells = [""];
            bool quoted = false;
            foreach (char c in line)
            {
                quoted ^= c == '"';
                if (c == ',' && !quoted)
                {
                    cells.Add("");
                }
                else if (c != '"')
                {
                    cells[^1] += c;
                }
            }

            return [.. cells];
        }
    }

    private static double[] FromMarkdown(string text)
    {
        string[][] rows = [.. Lines(text).Where(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
        int column = rows.Length > 0 ? Array.IndexOf(rows[0], "t/s") : -1;
        return column < 0
            ? throw new FormatException("no table with a column t/s")
            : [.. rows.Skip(2).Select(row => Number(row.ElementAtOrDefault(column)?.Split(' ')[0]))];
    }

    private static double Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new FormatException($"\"{text}\" where tokens a second should be");

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
