// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Core.Evaluation;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 eval kl</c>: how far a model's distributions are from another's.</summary>
internal sealed class DivergenceVerb : IVerb
{
    private readonly ModelOptions _model;
    private readonly BaseModelOptions _base;
    private readonly EvaluationTextOptions _text;

    public DivergenceVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        _base = new BaseModelOptions(factory);
        _text = new EvaluationTextOptions(factory);
        Command = new Command(
            "kl",
            "How far a model's distributions are from a base model's on a text: Kullback-Leibler divergence, agreement, perplexities. --ctx-size is the window.");
        _text.AddTo(Command);
        _base.AddTo(Command);
        _model.AddTo(Command);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        string folder = _model.RequireFolderOf(context.Parse);
        string baseFolder = _base.RequireFolderOf(context.Parse);
        Func<Phi4Model, int[]> text = await _text.ReadAsync(context).ConfigureAwait(false);
        Phi4LoadOptions load = _model.LoadOptionsOf(context.Parse, maxSequences: 1);
        int maxPositions = Math.Min(Phi4Model.PlanMemory(folder).MaxPositions, Phi4Model.PlanMemory(baseFolder).MaxPositions);
        EvaluationOptions options = _text.OptionsOf(context.Parse, load.ContextLength, maxPositions);
        load = load with { ContextLength = options.WindowTokens };
        LoadedModel loadedBase = await ModelLoading.LoadAsync(context, baseFolder, _base.LoadOptionsOf(context.Parse, load)).ConfigureAwait(false);
        await using Phi4Model baseModel = loadedBase.Model;
        LoadedModel loaded = await ModelLoading.LoadAsync(context, folder, load).ConfigureAwait(false);
        await using Phi4Model model = loaded.Model;
        DivergenceResult result = await EvaluationProgressBar.RunAsync(
            context, progress => ModelEvaluation.CompareAsync(baseModel, model, text(baseModel), options, progress, context.Cancellation)).ConfigureAwait(false);
        EvaluationReport.Write(context.Terminal.Out, result, options, _text.WantsJson(context.Parse));
        return ExitCode.Success;
    }
}
