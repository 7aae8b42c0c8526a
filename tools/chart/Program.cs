// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Chart;

if (args.Length < 2)
{
    Console.Error.WriteLine("""
        Plots what `phi4 bench -o json` printed: decode.png, tokens a second and the share of the read ceiling against context, and shares.png, the share of
        the ceiling by test and engine.

          chart FOLDER RESULT.json...
        """);
    return 2;
}

try
{
    IReadOnlyList<Series> series = Results.Read(args[1..]);
    string decode = Path.Combine(args[0], "decode.png");
    ContextChart.Save(series, decode);
    Console.WriteLine($"{decode}: {string.Join("; ", series.Select(one => $"{one.Name} ({one.Points.Count})"))}");
    string shares = Path.Combine(args[0], "shares.png");
    IReadOnlyList<ShareGroup> groups = Shares.Read(args[1..]);
    ShareChart.Save(groups, shares);
    Console.WriteLine($"{shares}: {string.Join("; ", groups.Select(group => $"{group.Name.ReplaceLineEndings(" ")} ({group.Shares.Count})"))}");
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
