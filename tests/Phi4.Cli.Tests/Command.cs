// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Tests;

/// <summary>What one command line did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record Outcome(int ExitCode, string Out, string Error)
{
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The only line of output, as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Lines.Single()).RootElement;

    /// <summary>Every line of output, as JSON.</summary>
    public JsonElement[] JsonLines => [.. Lines.Select(line => JsonDocument.Parse(line).RootElement)];
}

/// <summary>Runs command lines inside the test's process.</summary>
internal static class Command
{
    /// <summary>Runs one with a terminal as standard input, which nobody types on.</summary>
    public static Task<Outcome> RunAsync(params string[] args) => RunAsync(args, input: null);

    /// <summary>Runs one with <paramref name="input"/> piped in.</summary>
    public static Task<Outcome> PipeAsync(string input, params string[] args) => RunAsync(args, input);

    public static async Task<Outcome> RunAsync(
        string[] args,
        string? input,
        IReadOnlyDictionary<string, string>? environment = null,
        Interrupts? interrupts = null,
        TextReader? reader = null,
        TextWriter? writer = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var terminal = new Terminal
        {
            In = reader ?? new StringReader(input ?? ""),
            Out = writer ?? output,
            Error = error,
            InputIsTerminal = input is null && reader is null,
            Environment = name => environment?.GetValueOrDefault(name),
        };
        using Interrupts? own = interrupts is null ? new Interrupts(_ => { }) : null;
        int code = await PhiCommand.RunAsync(args, terminal, interrupts ?? own!).WaitAsync(TimeSpan.FromMinutes(2));
        return new Outcome(code, (writer ?? output).ToString()!, error.ToString());
    }
}
