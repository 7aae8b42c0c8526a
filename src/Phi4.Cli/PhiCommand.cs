// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;
using Phi4.Cli.Verbs;

namespace Phi4.Cli;

/// <summary>The command <c>phi4</c>: its tree of verbs, and what becomes of what they throw.</summary>
internal static class PhiCommand
{
    /// <summary>Runs one command line and returns the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, Interrupts interrupts)
    {
        var factory = new OptionFactory(terminal.Environment);
        var global = new GlobalOptions(factory);
        RootCommand root = Build(factory, global, terminal, interrupts);

        // A prompt may begin with an @: no response files.
        ParseResult parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var talk = new Talk(terminal, global.VerbosityOf(parse), parse.GetValue(global.Quiet), parse.GetValue(global.NoColor));
        try
        {
            if (parse.Errors.Count > 0)
            {
                string verb = PathOf(parse.CommandResult);
                throw CommandException.Usage(parse.Errors[0].Message, $"`{verb} --help` lists what there is.");
            }

            var configuration = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // signals are ours: see Interrupts
            };
            int code = await parse.InvokeAsync(configuration, interrupts.Program).ConfigureAwait(false);
            terminal.Out.Flush();
            return code;
        }
        catch (OutputClosedException)
        {
            return ExitCode.Success;
        }
        catch (Exception) when (interrupts.Program.IsCancellationRequested)
        {
            talk.Detail("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            ErrorReport report = ErrorReport.Of(e);
            talk.Report(report, e);
            return report.ExitCode;
        }
    }

    private static RootCommand Build(OptionFactory factory, GlobalOptions global, Terminal terminal, Interrupts interrupts)
    {
        var root = new RootCommand("Runs phi-4 and its siblings on this machine.");
        global.AddTo(root);
        VerbContext Context(ParseResult parse) => new(
            parse,
            terminal,
            new Talk(terminal, global.VerbosityOf(parse), parse.GetValue(global.Quiet), parse.GetValue(global.NoColor)),
            interrupts);
        IVerb[] verbs =
        [
            new RunVerb(factory), new ChatVerb(factory), new TokenizeVerb(factory), new TemplateVerb(factory),
            new ScoreVerb(factory), new InspectVerb(factory), new DoctorVerb(factory), new BenchVerb(factory), new QuantizeVerb(factory), new PullVerb(factory),
        ];
        AddTo(root, verbs);
        var eval = new Command("eval", "Measures how good a model is on a text.");
        AddTo(eval, new PerplexityVerb(factory), new DivergenceVerb(factory));
        root.Add(eval);
        var cache = new Command("cache", "Lists and removes downloaded models.");
        AddTo(cache, new CacheListVerb(factory), new CacheRemoveVerb(factory));
        root.Add(cache);
        return root;

        void AddTo(Command parent, params IVerb[] children)
        {
            foreach (IVerb verb in children)
            {
                verb.Command.SetAction((parse, _) => verb.RunAsync(Context(parse)));
                parent.Add(verb.Command);
            }
        }
    }

    /// <summary>The command with the verbs above it, as it is typed.</summary>
    private static string PathOf(CommandResult result) => result.Command is RootCommand ? "phi4"
        : result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : result.Command.Name;
}
