// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;
using Phi4.Tokenizer;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 run</c>: one prompt, one answer.</summary>
internal sealed class RunVerb : IVerb
{
    private readonly ModelOptions _model;
    private readonly SamplingOptions _sampling;
    private readonly PromptOptions _prompt;
    private readonly Option<OutputFormat?> _output;
    private readonly Option<bool> _statistics;

    public RunVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        _sampling = new SamplingOptions(factory);
        _prompt = new PromptOptions(factory);
        _output = factory.Choice(
            "--output", ["-o"], "json and jsonl print one object when the answer is complete, text streams it.", "text", "PHI4_OUTPUT",
            ("text", OutputFormat.Text), ("json", OutputFormat.Json), ("jsonl", OutputFormat.JsonLines));
        _statistics = factory.Switch("--stats", [], "Counts and speeds on standard error when the answer is complete.");
        Command = new Command("run", "Answers one prompt. It is put into the model's chat format unless --raw or --ids say otherwise.");
        _prompt.AddTo(Command);
        _model.AddTo(Command);
        _sampling.AddTo(Command);
        Command.Add(_output);
        Command.Add(_statistics);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        Terminal terminal = context.Terminal;
        OutputFormat format = context.Parse.GetValue(_output) ?? OutputFormat.Text;
        GenerationOptions options = _sampling.Of(context.Parse);
        if (format == OutputFormat.Text && options.LogProbs is not null)
        {
            throw CommandException.Usage("--logprobs needs -o json.");
        }

        _model.RequireFolderOf(context.Parse); // before anybody is asked to type a prompt
        Prompt prompt = await _prompt.ReadAsync(context).ConfigureAwait(false);
        LoadedModel loaded = await ModelLoading.LoadAsync(context, _model).ConfigureAwait(false);
        await using Phi4Model model = loaded.Model;
        if (format == OutputFormat.Text && model.Tokenizer is null)
        {
            throw new CommandException(ExitCode.Failed, "This model has no tokenizer, so there is no text to print.", "--ids with -o json works without one.");
        }

        var answer = new AnswerWriter(terminal, streams: format == OutputFormat.Text);
        await answer.TakeAsync(model.GenerateAsync(prompt, options, context.Cancellation)).ConfigureAwait(false);
        terminal.Out.WriteLine(format == OutputFormat.Text
            ? ""
            : answer.ToJson(model.Tokenizer is not null, options.LogProbs is not null, loaded.LoadTime));
        terminal.Out.Flush();
        if (context.Parse.GetValue(_statistics))
        {
            context.Talk.Note(answer.Statistics(loaded.LoadTime));
        }

        return context.Cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
    }
}
