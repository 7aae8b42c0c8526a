// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Chat;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;
using Phi4.Tokenizer;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 chat</c>: a conversation, message by message.</summary>
internal sealed class ChatVerb : IVerb
{
    private readonly ModelOptions _model;
    private readonly SamplingOptions _sampling;
    private readonly Option<string?> _system;
    private readonly Option<bool> _statistics;
    private readonly Option<bool> _noPromptCache;

    public ChatVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        _sampling = new SamplingOptions(factory);
        _system = factory.Text("--system", [], "TEXT", "What the model is told about its task.");
        _statistics = factory.Switch("--stats", [], "Counts and speeds on standard error after each answer.");
        _noPromptCache = factory.Switch("--no-prompt-cache", [], "Computes the whole conversation anew for each answer, not only what has been added to it; the answers are the same.");
        Command = new Command("chat", "Talks with the model; /help lists what a line may be beside a message. Answers go to standard output.");
        Command.Add(_system);
        Command.Add(_statistics);
        Command.Add(_noPromptCache);
        _model.AddTo(Command);
        _sampling.AddTo(Command);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        GenerationOptions options = _sampling.Of(context.Parse) with { PromptCache = !context.Parse.GetValue(_noPromptCache) };
        if (options.LogProbs is not null)
        {
            throw CommandException.Usage("chat shows no log-probabilities.", "`phi4 run --logprobs K -o json` does.");
        }

        string folder = _model.RequireFolderOf(context.Parse);
        LoadedModel loaded = await ModelLoading.LoadAsync(context, _model).ConfigureAwait(false);
        await using Phi4Model model = loaded.Model;
        if (model.Tokenizer is null || model.ChatTemplate is null)
        {
            throw new CommandException(ExitCode.Failed, "This model has no tokenizer, so there is nothing to talk in.");
        }

        if (context.Terminal.InputIsTerminal)
        {
            Welcome(context.Talk, context.Parse.GetValue(_model.Model) ?? folder, model);
        }

        var settings = new ChatSettings(options, context.Parse.GetValue(_statistics));
        var conversation = new Conversation { System = context.Parse.GetValue(_system) };
        await TalkAsync(context, loaded, settings, conversation).ConfigureAwait(false);
        return ExitCode.Success;
    }

    private static async Task TalkAsync(VerbContext context, LoadedModel loaded, ChatSettings settings, Conversation conversation)
    {
        var input = new ChatInput(context);
        var commands = new ChatCommands(context.Talk, settings, conversation);
        var answerer = new ChatAnswerer(context, loaded, settings, conversation);
        while (await input.ReadAsync().ConfigureAwait(false) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            switch (ChatCommands.Is(line) ? (ChatAction?)RunCommand(context.Talk, commands, line) : null)
            {
                case ChatAction.Leave:
                    return;
                case ChatAction.AnswerAgain:
                    await answerer.AnswerAgainAsync().ConfigureAwait(false);
                    break;
                case ChatAction.CountTokens:
                    context.Talk.Note(answerer.CountTokens());
                    break;
                case null:
                    await answerer.AnswerAsync(line).ConfigureAwait(false);
                    break;
            }

            context.Cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A command that fails is told about, and the talk goes on.</summary>
    private static ChatAction RunCommand(Talk talk, ChatCommands commands, string line)
    {
        try
        {
            return commands.Run(line);
        }
        catch (Exception e) when (e is CommandException or RequestException or TokenizerException or IOException or UnauthorizedAccessException)
        {
            talk.Report(ErrorReport.Of(e), e);
            return ChatAction.GoOn;
        }
    }

    private static void Welcome(Talk talk, string name, Phi4Model model)
    {
        string device = model.Device.ToString().ToLowerInvariant();
        talk.Note(FormattableString.Invariant($"{name} on {device}, context {model.ContextLength:N0} tokens\n/help lists the commands, /bye leaves."));
    }
}
