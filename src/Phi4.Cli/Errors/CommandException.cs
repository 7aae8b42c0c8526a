// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Errors;

/// <summary>A command cannot go on: what is wrong, what may help, and the exit code that says so to programs.</summary>
internal sealed class CommandException(int exitCode, string message, string? hint = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    public int ExitCode { get; } = exitCode;

    public string? Hint { get; } = hint;

    public static CommandException Usage(string message, string? hint = null) => new(Errors.ExitCode.Usage, message, hint);
}
