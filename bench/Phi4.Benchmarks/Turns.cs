// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace Phi4.Benchmarks;

/// <summary>
/// Time to the first token of the second turn of a chat, with what the first one left in the cache and without, turn about; and of a first turn whose tokens nobody has seen. Random tokens: a model without a
/// tokenizer will do.
/// </summary>
internal static class Turns
{
    private const int NewTokens = 30;
    private const int Rounds = 3;

    /// <summary><c>turns MODEL [threads] [length of the first turn…]</c>.</summary>
    public static async Task RunAsync(string folder, int threads, IReadOnlyList<string> lengths)
    {
        int[] sizes = lengths.Count > 0 ? [.. lengths.Select(length => int.Parse(length, CultureInfo.InvariantCulture))] : [500, 2000];
        var options = new Phi4LoadOptions { Device = Phi4Device.Cpu, ThreadCount = threads, ContextLength = sizes.Max() + 256, CacheTokens = 4 * (sizes.Max() + 256) };
        await using Phi4Model model = await Phi4Model.LoadAsync(folder, options).ConfigureAwait(false);
        Console.WriteLine($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}, {threads} threads, milliseconds to the first token, median of {Rounds} (least, most)");
        Console.WriteLine("| Tokens before + new | Computed anew | Kept | Ratio | Without a past, cache off | Without a past, cache on |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (int size in sizes)
        {
            await MeasureAsync(model, size).ConfigureAwait(false);
        }
    }

    private static async Task MeasureAsync(Phi4Model model, int size)
    {
        List<double> anew = [], kept = [], firstOff = [], firstOn = [];
        for (int round = -1; round < Rounds; round++)
        {
            var random = new Random(size + round);
            int[] Random(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Config.VocabSize))];
            int[] question = Random(size), unknown = Random(size);
            (IReadOnlyList<int> answer, double on) = await AskAsync(model, question, cache: true).ConfigureAwait(false);
            (_, double off) = await AskAsync(model, unknown, cache: false).ConfigureAwait(false);
            int[] next = [.. question, .. answer, .. Random(NewTokens)];
            (_, double without) = await AskAsync(model, next, cache: false).ConfigureAwait(false);
            (_, double with) = await AskAsync(model, next, cache: true).ConfigureAwait(false);
            if (round >= 0)
            {
                firstOn.Add(on);
                firstOff.Add(off);
                anew.Add(without);
                kept.Add(with);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {size + 16} + {NewTokens} | {Text(anew)} | {Text(kept)} | {Median(anew) / Median(kept):F1} | {Text(firstOff)} | {Text(firstOn)} |"));
    }

    private static async Task<(IReadOnlyList<int> Answer, double Milliseconds)> AskAsync(Phi4Model model, int[] prompt, bool cache)
    {
        var options = new GenerationOptions { MaxTokens = 16, Temperature = 0, IgnoreEndTokens = true, PromptCache = cache };
        long start = Stopwatch.GetTimestamp();
        double first = 0;
        List<int> answer = [];
        await foreach (GenerationChunk chunk in model.GenerateAsync(Prompt.FromTokens(prompt), options).ConfigureAwait(false))
        {
            first = first == 0 ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : first;
            answer.AddRange(chunk.TokenIds);
        }

        return (answer, first);
    }

    private static string Text(List<double> values) => string.Create(CultureInfo.InvariantCulture, $"{Median(values):F0} ({values.Min():F0}, {values.Max():F0})");

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
