// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Stranger;

/// <summary>One program in all forms, by turns: what it takes on disk, until the first token, and how fast it goes on. All forms use the same vectors.</summary>
internal static class SpeedTable
{
    private const int Turns = 5;

    public static void Check(Workplace place, Checks checks, string model, string tokens)
    {
        Console.WriteLine($"Speed, on {model}, {tokens} tokens");
        string code = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Probe.cs.txt"));
        var project = new StrangerProject(place, "Speed", code, ["Phi4.Core"], web: false);
        Dictionary<Form, Published> programs = [];
        foreach (Form form in Enum.GetValues<Form>())
            checks.Run($"{form} is made", () => programs[form] = project.Make(form));

        checks.Run("who chose no vectors is warned", () => Checks.Contains("PHI4001", project.WarningAboutVectors()));

        Dictionary<Form, List<Facts>> found = programs.Keys.ToDictionary(form => form, _ => new List<Facts>());
        checks.Run($"{Turns} turns", () =>
        {
            for (int turn = 0; turn < Turns; turn++)
            {
                foreach ((Form form, Published program) in programs)
                    found[form].Add(Facts.Of(program.Run(model, tokens)));
            }
        });
        Console.WriteLine($"  {"",-12} {"MB",8} {"first token, ms",16} {"tokens/s",10} {"vectors",8} {"AVX-512",8} {"machine code",13}");
        foreach ((Form form, List<Facts> facts) in found.Where(pair => pair.Value.Count > 0))
        {
            Facts one = facts[0];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {form,-12} {programs[form].Bytes / 1e6,8:F1} {Median(facts, f => f.FirstTokenMs),16:F0} {Median(facts, f => f.Rate),10:F1} {one.Bits,8} {one.Avx512,8} {one.MachineCode,13}"));
        }

        // 15 %: what turns on a machine that others share differ by anyway.
        checks.Run("ahead of time uses the vectors of just in time", () => Checks.Equal(found[Form.JustInTime][0].Bits, found[Form.AheadOfTime][0].Bits));
        checks.Run("ahead of time is at least 0.85 times as fast as just in time", () =>
        {
            double ratio = Median(found[Form.AheadOfTime], f => f.Rate) / Median(found[Form.JustInTime], f => f.Rate);
            Checks.Equal(true, ratio >= 0.85);
        });
        project.Remove();
    }

    private static double Median(List<Facts> facts, Func<Facts, double> value) => facts.Select(value).Order().ElementAt(facts.Count / 2);

    /// <summary>What the probe printed.</summary>
    private sealed record Facts(double FirstTokenMs, double Rate, int Bits, string Avx512, string MachineCode)
    {
        public static Facts Of(Outcome outcome)
        {
            string[] words = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(' ', 4);
            return new Facts(
                outcome.FirstLine.TotalMilliseconds, double.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture), words[2], words[3]);
        }
    }
}
