// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Tokenizer.Tests.Support;

/// <summary>One line of a golden file.</summary>
internal sealed record GoldenRow(int Number, string Category, string Text, string Raw, int[] Ids, int[] Plain, int[] HuggingFace, int[] Segments, int[] SegmentsTrimmed)
{
    public override string ToString() => $"row {Number} ({Category}) {JsonSerializer.Serialize(Text.Length > 80 ? Text[..80] : Text)}";

    public static List<GoldenRow> Read(string file) => [.. File.ReadLines(Goldens.Tokenizer(file)).Select(Parse)];

    private static GoldenRow Parse(string line, int index)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        int[] ids = Ints(root, "ids")!;
        string text = root.GetProperty("text").GetString()!;
        int[]? units = Ints(root, "utf16");
        int[] segments = Ints(root, "ids_segments") ?? ids;
        return new GoldenRow(
            index + 1,
            root.GetProperty("cat").GetString()!,
            text,
            units is null ? text : string.Concat(units.Select(unit => (char)unit)),
            ids,
            Ints(root, "ids_plain") ?? ids,
            Ints(root, "ids_hf") ?? ids,
            segments,
            Ints(root, "ids_segments_trimmed") ?? segments);
    }

    private static int[]? Ints(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement array) ? [.. array.EnumerateArray().Select(value => value.GetInt32())] : null;
}
