// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Core.Evaluation;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 eval perplexity</c>: how well a model foretells a text.</summary>
internal sealed class PerplexityVerb : IVerb
{
    private readonly ModelOptions _model;
    private readonly EvaluationTextOptions _text;

    public PerplexityVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        _text = new EvaluationTextOptions(factory);
        Command = new Command("perplexity", "The perplexity of a model on a text, window by window; --ctx-size is the window.");
        _text.AddTo(Command);
        _model.AddTo(Command);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        string folder = _model.RequireFolderOf(context.Parse);
        Func<Phi4Model, int[]> text = await _text.ReadAsync(context).ConfigureAwait(false);
        Phi4LoadOptions load = _model.LoadOptionsOf(context.Parse, maxSequences: 1);
        EvaluationOptions options = _text.OptionsOf(context.Parse, load.ContextLength, Phi4Model.PlanMemory(folder).MaxPositions);
        LoadedModel loaded = await ModelLoading.LoadAsync(context, folder, load with { ContextLength = options.WindowTokens }).ConfigureAwait(false);
        await using Phi4Model model = loaded.Model;
        PerplexityResult result = await EvaluationProgressBar.RunAsync(
            context, progress => ModelEvaluation.PerplexityAsync(model, text(model), options, progress, context.Cancellation)).ConfigureAwait(false);
        EvaluationReport.Write(context.Terminal.Out, result, options, _text.WantsJson(context.Parse));
        return ExitCode.Success;
    }
}
