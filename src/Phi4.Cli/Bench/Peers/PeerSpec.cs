// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;

namespace Phi4.Cli.Bench.Peers;

/// <summary>Another engine as <c>--against</c> names it: <c>llama-bench=PROGRAM,MODEL.gguf[,name=NAME][,flags=FLAGS]</c>, or <c>phi4=PROGRAM,FOLDER…</c>.</summary>
/// <param name="Kind">What kind of program it is.</param>
/// <param name="Name">What the columns call it.</param>
/// <param name="Program">A llama-bench, or another phi4.</param>
/// <param name="Model">Its model, a file or a folder.</param>
/// <param name="Flags">More of its arguments.</param>
internal sealed record PeerSpec(PeerKind Kind, string Name, string Program, string Model, IReadOnlyList<string> Flags)
{
    public const string Shape = "llama-bench=PROGRAM,MODEL.gguf[,name=NAME][,flags=FLAGS], phi4=PROGRAM,FOLDER[,name=NAME][,flags=FLAGS]";

    /// <exception cref="CommandException">It does not have the <see cref="Shape"/>.</exception>
    public static PeerSpec Parse(string text)
    {
        string[] parts = text.Split('=', 2);
        string[] words = parts.Length == 2 ? parts[1].Split(',') : [];
        PeerKind? kind = parts[0] switch
        {
            "llama-bench" => PeerKind.LlamaBench,
            "phi4" => PeerKind.Phi4,
            _ => null,
        };
        if (kind is null || words.Length < 2 || words[0].Length == 0 || words[1].Length == 0)
        {
            throw Bad(text);
        }

        var spec = new PeerSpec(kind.Value, parts[0], words[0], words[1], []);
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

/// <summary>How another engine is spoken to.</summary>
internal enum PeerKind
{
    /// <summary>As llama-bench is, of any age and fork.</summary>
    LlamaBench,

    /// <summary>As this command itself: another version of it, or the same compiled otherwise.</summary>
    Phi4,
}
