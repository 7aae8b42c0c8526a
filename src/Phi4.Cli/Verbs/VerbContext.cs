// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Verbs;

/// <summary>What a verb is run with.</summary>
internal sealed record VerbContext(ParseResult Parse, Terminal Terminal, Talk Talk, Interrupts Interrupts)
{
    /// <summary>Cancelled when the program is to stop.</summary>
    public CancellationToken Cancellation => Interrupts.Program;
}
