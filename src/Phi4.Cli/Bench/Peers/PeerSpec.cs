// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;

namespace Phi4.Cli.Bench.Peers;

/// <summary>Another engine as <c>--against</c> names it: <c>llama-bench=PROGRAM,MODEL.gguf[,name=NAME][,flags=FLAGS]</c>.</summary>
/// <param name="Name">What the columns call it.</param>
/// <param name="Program">A llama-bench.</param>
/// <param name="Model">Its model, a file.</param>
/// <param name="Flags">More of its arguments.</param>
internal sealed record PeerSpec(string Name, string Program, string Model, IReadOnlyList<string> Flags)
{
    public const string Shape = "llama-bench=PROGRAM,MODEL.gguf[,name=NAME][,flags=FLAGS]";

    private const string Kind = "llama-bench";

    /// <exception cref="CommandException">It does not have the <see cref="Shape"/>.</exception>
    public static PeerSpec Parse(string text)
    {
        string[] parts = text.Split('=', 2);
        string[] words = parts.Length == 2 ? parts[1].Split(',') : [];
        if (parts[0] != Kind || words.Length < 2 || words[0].Length == 0 || words[1].Length == 0)
        {
            throw Bad(text);
        }

        var spec = new PeerSpec(Kind, words[0], words[1], []);
        string? last = null;
        foreach (string word in words.Skip(2))
        {
            // What has no name of its own belongs to the flags: they may hold commas.
            string[] pair = word.Split('=', 2);
            if (pair is ["name", { Length: > 0 } name])
            {
                spec = spec with { Name = name };
                last = pair[0];
            }
            else if (pair is ["flags", var flags])
            {
                spec = spec with { Flags = Words(flags) };
                last = pair[0];
            }
            else if (last == "flags")
            {
                spec = spec with { Flags = [.. spec.Flags.SkipLast(1), $"{spec.Flags[^1]},{Words(word)[0]}", .. Words(word).Skip(1)] };
            }
            else
            {
                throw Bad(text);
            }
        }

        return spec;
    }

    /// <summary>The same engines with names that tell them apart.</summary>
    public static IReadOnlyList<PeerSpec> Distinct(IReadOnlyList<PeerSpec> specs) =>
    [
        .. specs.Select((spec, i) => specs.Take(i).Count(earlier => earlier.Name == spec.Name) is > 0 and var count
            ? spec with { Name = FormattableString.Invariant($"{spec.Name} {count + 1}") }
            : spec),
    ];

    private static string[] Words(string flags) => flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static CommandException Bad(string text) => CommandException.Usage($"--against is \"{text}\"; allowed: {Shape}.");
}
