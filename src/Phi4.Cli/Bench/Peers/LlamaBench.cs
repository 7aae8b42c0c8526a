// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Phi4.Cli.Errors;

namespace Phi4.Cli.Bench.Peers;

/// <summary>Runs a llama-bench, or another phi4, one test and one repetition a process, so that two engines can take turns.</summary>
internal sealed class LlamaBench
{
    private const int MostErrorLength = 400;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly PeerSpec _spec;
    private readonly bool _knowsDepth;
    private readonly bool _knowsAnswersAfterPrompts;

    private LlamaBench(PeerSpec spec, string help)
    {
        _spec = spec;
        _knowsDepth = help.Contains("--n-depth", StringComparison.Ordinal);
        _knowsAnswersAfterPrompts = help.Contains("-gp ", StringComparison.Ordinal);
    }

    public string Name => _spec.Name;

    /// <summary>The files that hold its weights.</summary>
    public IReadOnlyList<string> ModelFiles => PageCache.FilesOf(_spec.Model);

    /// <summary>Makes sure that program and model are there, and asks the program what it knows.</summary>
    /// <exception cref="PeerException">They are not, or it does not answer.</exception>
    public static async Task<LlamaBench> FindAsync(PeerSpec spec, CancellationToken cancellationToken)
    {
        if (!File.Exists(spec.Program))
        {
            throw new PeerException(PeerFault.ProgramMissing, $"{spec.Name}: there is no program {spec.Program}.");
        }

        bool isThere = spec.Kind == PeerKind.Phi4 ? Path.Exists(spec.Model) : File.Exists(spec.Model);
        if (!isThere)
        {
            throw new PeerException(PeerFault.ModelMissing, $"{spec.Name}: there is no model {spec.Model}.");
        }

        // Some end with an error after printing their help: what they print is what counts.
        Finished help = await StartAsync(spec, [.. Verb(spec), "--help"], cancellationToken).ConfigureAwait(false);
        return new LlamaBench(spec, help.Output + help.Error);
    }

    /// <summary>One repetition of a test; null if this program has no such test.</summary>
    /// <exception cref="PeerException">It failed, or printed no result.</exception>
    public async Task<PeerRun?> RunAsync(BenchTest test, int threads, CancellationToken cancellationToken)
    {
        if (Arguments(test, threads) is not { } arguments)
        {
            return null;
        }

        Finished run = await StartAsync(_spec, arguments, cancellationToken).ConfigureAwait(false);
        bool isGood = run.ExitCode == ExitCode.Success || (_spec.Kind == PeerKind.Phi4 && run.ExitCode == ExitCode.Disturbed);
        if (!isGood)
        {
            throw new PeerException(PeerFault.Failed, FormattableString.Invariant($"{Name} ended with {run.ExitCode} at {test.Name}: {End(run.Error)}"));
        }

        try
        {
            return new PeerRun(LlamaBenchOutput.Rate(run.Output), run.PeakBytes);
        }
        catch (FormatException e)
        {
            throw new PeerException(
                PeerFault.Unreadable, $"{Name} printed no result of {test.Name} ({e.Message}): {End(run.Output.Length > 0 ? run.Output : run.Error)}", e);
        }
    }

    /// <summary>Its arguments for a test; null if it has no such test.</summary>
    internal IReadOnlyList<string>? Arguments(BenchTest test, int threads)
    {
        string[]? what = test switch
        {
            { Kind: BenchKind.Serve } => null,
            { Depth: > 0 } when _knowsDepth => [.. AtStart(test), "-d", Text(test.Depth)],
            { Depth: > 0, Kind: BenchKind.Generate } when _knowsAnswersAfterPrompts => ["-p", "0", "-n", "0", "-gp", $"{Text(test.Depth)},{Text(test.AnswerTokens)}"],
            { Depth: > 0 } => null,
            _ => AtStart(test),
        };
        string format = _spec.Kind == PeerKind.Phi4 ? "csv" : "json";
        return what is null ? null : [.. Verb(_spec), "-m", _spec.Model, "-t", Text(threads), "-r", "1", "-o", format, .. what, .. _spec.Flags];
    }

    private static string[] Verb(PeerSpec spec) => spec.Kind == PeerKind.Phi4 ? ["bench"] : [];

    private static string[] AtStart(BenchTest test) => ["-p", Text(test.PromptTokens), "-n", Text(test.AnswerTokens)];

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string End(string text)
    {
        string trimmed = text.Trim();
        return trimmed.Length == 0 ? "it said nothing" : trimmed.Length > MostErrorLength ? "…" + trimmed[^MostErrorLength..] : trimmed;
    }

    private static async Task<Finished> StartAsync(PeerSpec spec, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(spec.Program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Begin(spec, start);
        try
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
            Task exit = process.WaitForExitAsync(cancellationToken);
            long? peak = null;
            while (!exit.IsCompleted)
            {
                peak = PeakMemory.OfProcess(process.Id) ?? peak;
                await Task.WhenAny(exit, Task.Delay(LookEvery, CancellationToken.None)).ConfigureAwait(false);
            }

            await exit.ConfigureAwait(false);
            return new Finished(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false), peak);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Begin(PeerSpec spec, ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new PeerException(PeerFault.ProgramMissing, $"{spec.Name}: {spec.Program} cannot be started: {e.Message}", e);
        }
    }

    private sealed record Finished(int ExitCode, string Output, string Error, long? PeakBytes);
}

/// <summary>One repetition of another engine.</summary>
/// <param name="Rate">Tokens a second.</param>
/// <param name="PeakBytes">Most memory that it held; null if unknown.</param>
internal sealed record PeerRun(double Rate, long? PeakBytes);
