// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace Phi4.Cli.Verbs;

/// <summary>One verb of the command.</summary>
internal interface IVerb
{
    /// <summary>Its name, options and help.</summary>
    Command Command { get; }

    /// <summary>Does it and returns the exit code; throws what <see cref="Errors.ErrorReport"/> knows how to tell.</summary>
    Task<int> RunAsync(VerbContext context);
}
