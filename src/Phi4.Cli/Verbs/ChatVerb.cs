// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;
using Phi4.Tokenizer;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 chat</c>: a conversation, line by line.</summary>
internal sealed class ChatVerb : IVerb
{
    private const string Help = """
        /help          this list
        /system TEXT   tell the model its task; forgets the conversation. Without TEXT: no task
        /clear         forget the conversation
        /bye           leave; so do Ctrl-D, and Ctrl-C twice
        Ctrl-C         stops an answer
        """;

    private readonly ModelOptions _model;
    private readonly SamplingOptions _sampling;
    private readonly Option<string?> _system;
    private readonly Option<bool> _statistics;

    public ChatVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        _sampling = new SamplingOptions(factory);
        _system = factory.Text("--system", [], "TEXT", "What the model is told about its task.");
        _statistics = factory.Switch("--stats", [], "Counts and speeds on standard error after each answer.");
        Command = new Command("chat", "Talks with the model, a line at a time; /help lists what a line may also be. Answers go to standard output.");
        Command.Add(_system);
        Command.Add(_statistics);
        _model.AddTo(Command);
        _sampling.AddTo(Command);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        GenerationOptions options = _sampling.Of(context.Parse);
        if (options.LogProbs is not null)
        {
            throw CommandException.Usage("chat shows no log-probabilities.", "`phi4 run --logprobs K -o json` does.");
        }

        LoadedModel loaded = await ModelLoading.LoadAsync(context, _model).ConfigureAwait(false);
        await using Phi4Model model = loaded.Model;
        if (model.Tokenizer is null || model.ChatTemplate is null)
        {
            throw new CommandException(ExitCode.Failed, "This model has no tokenizer, so there is nothing to talk in.");
        }

        string? system = context.Parse.GetValue(_system);
        List<ChatMessage> history = [];
        if (context.Terminal.InputIsTerminal)
        {
            context.Talk.Note("/help lists the commands, /bye leaves.");
        }

        while (await ReadLineAsync(context).ConfigureAwait(false) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            switch (line.Split(' ', 2, StringSplitOptions.TrimEntries))
            {
                case ["/bye"]:
                    return ExitCode.Success;
                case ["/help"]:
                    context.Talk.Note(Help);
                    continue;
                case ["/clear"]:
                    history.Clear();
                    continue;
                case ["/system", .. var rest]:
                    system = rest is [{ Length: > 0 } text] ? text : null;
                    history.Clear();
                    continue;
                case [['/', ..] unknown, ..]:
                    context.Talk.Note($"{unknown} is no command; /help lists them.");
                    continue;
                default:
                    await AnswerAsync(context, loaded, options, system, history, line).ConfigureAwait(false);
                    break;
            }

            context.Cancellation.ThrowIfCancellationRequested();
        }

        return ExitCode.Success;
    }

    private static async Task<string?> ReadLineAsync(VerbContext context)
    {
        if (context.Terminal.InputIsTerminal)
        {
            context.Talk.Ask(">>> ");
        }

        context.Interrupts.BeginWaiting(() => context.Talk.Note("\nCtrl-C once more, or /bye, leaves."));
        try
        {
            return await context.Terminal.ReadLineAsync(context.Cancellation).ConfigureAwait(false);
        }
        finally
        {
            context.Interrupts.EndWaiting();
        }
    }

    private async Task AnswerAsync(
        VerbContext context, LoadedModel loaded, GenerationOptions options, string? system, List<ChatMessage> history, string question)
    {
        history.Add(new ChatMessage("user", question));
        List<ChatMessage> messages = system is null ? [.. history] : [new ChatMessage("system", system), .. history];
        var answer = new AnswerWriter(context.Terminal, streams: true);
        using Interrupts.Answer interruptible = context.Interrupts.BeginAnswer();
        try
        {
            await answer.TakeAsync(loaded.Model.GenerateAsync(Prompt.FromChat(messages), options, interruptible.Token)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Phi4Exception or ArgumentException)
        {
            history.RemoveAt(history.Count - 1);
            ErrorReport report = ErrorReport.Of(e);
            context.Talk.Report(e is ContextLengthExceededException ? report with { Hint = "/clear forgets the conversation." } : report, e);
            return;
        }

        history.Add(new ChatMessage("assistant", answer.Text));
        context.Terminal.Out.WriteLine();
        context.Terminal.Out.Flush();
        if (context.Parse.GetValue(_statistics))
        {
            context.Talk.Note(answer.Statistics(loaded.LoadTime));
        }
    }
}
