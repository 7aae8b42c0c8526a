// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 inspect</c>: what a model is, without running it.</summary>
internal sealed class InspectVerb : IVerb
{
    private readonly Argument<string?> _path;
    private readonly Option<string?> _model;
    private readonly Option<bool> _tensors;
    private readonly Option<int?> _contextSize;
    private readonly Option<KvCacheType?> _kv;
    private readonly Option<OutputFormat?> _output;

    public InspectVerb(OptionFactory factory)
    {
        _path = new Argument<string?>("path") { Description = "Model folder, GGUF file, owner/name of a downloaded model, or a config.json alone.", Arity = ArgumentArity.ZeroOrOne };
        _model = factory.Text("--model", ["-m"], "PATH", "The same, as an option.", "PHI4_MODEL");
        _tensors = factory.Switch("--tensors", [], "List every tensor.");
        _contextSize = factory.Integer(
            "--ctx-size", ["-c"], 1, int.MaxValue, "Context in tokens that memory is planned for.", "what the model was made for and memory allows", "PHI4_CTX_SIZE");
        _kv = factory.Choice(
            "--kv", [], "Cache that memory is planned for.", "bf16", "PHI4_KV", ModelOptions.KvCacheTypes);
        _output = factory.Choice(
            "--output", ["-o"], "json prints one object.", "text", "PHI4_OUTPUT", ("text", OutputFormat.Text), ("json", OutputFormat.Json));
        Command = new Command("inspect", "Tells what a model is: sizes, tensors, and how it goes into this machine's memory. A config.json alone is enough.");
        Command.Add(_path);
        Command.Add(_model);
        Command.Add(_tensors);
        Command.Add(_contextSize);
        Command.Add(_kv);
        Command.Add(_output);
    }

    public Command Command { get; }

    public Task<int> RunAsync(VerbContext context)
    {
        string path = context.Parse.GetValue(_path) ?? context.Parse.GetValue(_model)
            ?? throw CommandException.Usage("No model given.", "phi4 inspect DIR, phi4 inspect FILE.gguf, or phi4 inspect config.json.");
        path = ModelSource.Locate(path, context.Terminal.Environment);
        string configuration = Directory.Exists(path) ? Path.Combine(path, ModelConfigReader.FileName) : path;
        if (!File.Exists(configuration))
        {
            throw new CommandException(ExitCode.ModelNotFound, $"No model at {path}: there is no {configuration}.");
        }

        ModelInspection inspection = ModelInspection.Inspect(path, context.Cancellation);
        var report = new InspectionReport(
            inspection, context.Parse.GetValue(_contextSize), context.Parse.GetValue(_kv) ?? KvCacheType.BF16, context.Parse.GetValue(_tensors));
        if (context.Parse.GetValue(_output) == OutputFormat.Json)
        {
            report.WriteJson(context.Terminal.Out);
        }
        else
        {
            report.WriteText(context.Terminal.Out);
        }

        return Task.FromResult(inspection.Problems.Count > 0 ? ExitCode.UnsupportedFormat : ExitCode.Success);
    }
}
