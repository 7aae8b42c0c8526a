// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace Phi4.Cli.Options;

/// <summary>How much a command talks. Every command has these.</summary>
internal sealed class GlobalOptions
{
    public GlobalOptions(OptionFactory factory)
    {
        Verbose = factory.Switch("--verbose", ["-v"], "Say more on standard error; twice (-vv) also shows where an error came from.", "PHI4_VERBOSE");
        Quiet = factory.Switch("--quiet", ["-q"], "Say nothing on standard error but errors.", "PHI4_QUIET");
        NoColor = factory.Switch("--no-color", [], "No colours on standard error; NO_COLOR does the same.", "PHI4_NO_COLOR");
        Verbose.Recursive = Quiet.Recursive = NoColor.Recursive = true;
    }

    public Option<bool> Verbose { get; }

    public Option<bool> Quiet { get; }

    public Option<bool> NoColor { get; }

    public void AddTo(Command root)
    {
        root.Add(Verbose);
        root.Add(Quiet);
        root.Add(NoColor);
    }

    /// <summary>0, 1 or 2.</summary>
    public int VerbosityOf(ParseResult parse)
    {
        int given = parse.GetResult(Verbose) is { Implicit: false } result ? result.IdentifierTokenCount : 0;
        return Math.Max(given, parse.GetValue(Verbose) ? 1 : 0);
    }
}
