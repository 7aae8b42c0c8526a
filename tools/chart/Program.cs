// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Chart;

if (args.Length < 2)
{
    Console.Error.WriteLine("""
        Plots what `phi4 bench -o json` printed: tokens a second, and the share of the read ceiling, against context.

          chart OUT.png RESULT.json...
        """);
    return 2;
}

try
{
    IReadOnlyList<Series> series = Results.Read(args[1..]);
    ContextChart.Save(series, args[0]);
    Console.WriteLine($"{args[0]}: {string.Join("; ", series.Select(one => $"{one.Name} ({one.Points.Count})"))}");
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}
