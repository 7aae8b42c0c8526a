// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Verbs;
using Phi4.Core.Evaluation;
using Phi4.Tokenizer;

namespace Phi4.Cli.Options;

/// <summary>The text that a model is evaluated on, the windows that it is cut into, and how the result is written.</summary>
internal sealed class EvaluationTextOptions
{
    private const int DefaultWindow = 512;

    private readonly Option<string?> _file;
    private readonly Option<string?> _ids;
    private readonly Option<SpecialTokenHandling?> _special;
    private readonly Option<int?> _stride;
    private readonly Option<EvaluationMethod?> _method;
    private readonly Option<OutputFormat?> _output;

    public EvaluationTextOptions(OptionFactory factory)
    {
        _file = factory.Text("--file", ["-f"], "FILE", "The text. - is standard input.");
        _ids = factory.Text("--ids", [], "FILE", "The text as token ids, with commas or white space between them; needs no tokenizer. - is standard input.");
        _special = factory.Choice(
            "--special", [], "What special tokens that stand in the text are.", "text", null, ("text", SpecialTokenHandling.Text), ("parse", SpecialTokenHandling.Parse));
        _stride = factory.Integer("--stride", [], 1, int.MaxValue, "From the beginning of a window to that of the next.", "half of --ctx-size");
        _method = factory.Choice(
            "--method", [], "Which tokens count: sliding, those that no window before held; second-half, as llama-perplexity, those in the second half of windows side by side.",
            "sliding", null, ("sliding", EvaluationMethod.Sliding), ("second-half", EvaluationMethod.SecondHalf));
        _output = factory.Choice(
            "--output", ["-o"], "json prints one object.", "text", "PHI4_OUTPUT", ("text", OutputFormat.Text), ("json", OutputFormat.Json));
    }

    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_ids);
        command.Add(_special);
        command.Add(_stride);
        command.Add(_method);
        command.Add(_output);
    }

    public bool WantsJson(ParseResult parse) => parse.GetValue(_output) == OutputFormat.Json;

    /// <summary>Windows of the context asked for, else of 512 tokens or as many as the model was made for.</summary>
    public EvaluationOptions OptionsOf(ParseResult parse, int? contextSize, int maxPositions) => new()
    {
        WindowTokens = contextSize ?? Math.Min(DefaultWindow, maxPositions),
        Stride = parse.GetValue(_stride),
        Method = parse.GetValue(_method) ?? EvaluationMethod.Sliding,
    };

    /// <summary>What the command line names, read; its tokens are had when there is a model.</summary>
    public async Task<Func<Phi4Model, int[]>> ReadAsync(VerbContext context)
    {
        string? file = context.Parse.GetValue(_file);
        string? ids = context.Parse.GetValue(_ids);
        SpecialTokenHandling? special = context.Parse.GetValue(_special);
        if (file is null == ids is null)
        {
            throw CommandException.Usage("One of --file and --ids is needed.", "-f FILE names a text, --ids FILE token ids.");
        }

        if (ids is not null && special is not null)
        {
            throw CommandException.Usage("--special is about text: it goes with --file, not with --ids.");
        }

        string text = await ReadAsync(context, file ?? ids!).ConfigureAwait(false);
        if (ids is not null)
        {
            int[] tokens = TokenIds.Parse(text);
            return _ => tokens;
        }

        return model => model.Tokenizer is { } tokenizer
            ? tokenizer.Encode(text, special ?? SpecialTokenHandling.Text)
            : throw new CommandException(ExitCode.ModelNotFound, "The model has no tokenizer.", "--ids FILE takes token ids.");
    }

    private static async Task<string> ReadAsync(VerbContext context, string path) => path == "-"
        ? await context.Terminal.ReadToEndAsync(context.Cancellation).ConfigureAwait(false)
        : await File.ReadAllTextAsync(path, context.Cancellation).ConfigureAwait(false);
}
