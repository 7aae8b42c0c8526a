// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 quantize</c>: a checkpoint in few bits, once and for all.</summary>
internal sealed class QuantizeVerb : IVerb
{
    private readonly Argument<string> _input;
    private readonly Argument<string> _output;
    private readonly Option<WeightType?> _weights;
    private readonly Option<WeightType?> _head;
    private readonly Option<ScaleChoice?> _scales;
    private readonly Option<string?> _calibrate;
    private readonly Option<int?> _calibrationTokens;
    private readonly Option<string?> _importance;
    private readonly Option<int?> _threads;
    private readonly Option<bool> _report;
    private readonly Option<OutputFormat?> _format;

    public QuantizeVerb(OptionFactory factory)
    {
        _input = new Argument<string>("in") { Description = "Model folder, a .gguf file, or owner/name of a downloaded model." };
        _output = new Argument<string>("out") { Description = "Folder to be made; nothing may be there." };
        _weights = factory.Choice(
            "--weights", [], "What the layers' matrices become: stored keeps what is quantized already and only puts it into the layout that is mapped.", "int4", null,
            ("int4", WeightType.Int4), ("int8", WeightType.Int8), ("stored", WeightType.AsStored));
        _head = factory.Choice("--head", [], "What the head becomes.", "as --weights, but int8 beside int4", null, ModelOptions.WeightTypes);
        _scales = factory.Choice(
            "--scales", [], "How scales are chosen: nearest keeps each block's largest value exact, search takes the scale that loses least.", "search", null,
            ("search", ScaleChoice.Search), ("nearest", ScaleChoice.Nearest));
        _calibrate = factory.Text(
            "--calibrate", [], "TEXTFILE", "Read this text with the model first and put errors where they cost least; leaves importance.safetensors in OUT.");
        _calibrationTokens = factory.Integer("--calibrate-tokens", [], 1, int.MaxValue, "Tokens of the text that are read.", "32768");
        _importance = factory.Text("--importance", [], "FILE", "Choose scales by the importance.safetensors of an earlier --calibrate.");
        _threads = factory.Integer("--threads", ["-t"], 1, 1024, "Threads that compute.", "one a processor", "PHI4_THREADS");
        _report = factory.Switch("--report", [], "Print what every tensor keeps and loses.");
        _format = factory.Choice(
            "--output", ["-o"], "json prints one object, with --report every tensor in it.", "text", "PHI4_OUTPUT", ("text", OutputFormat.Text), ("json", OutputFormat.Json));
        Command = new Command("quantize", "Writes a model with 8- or 4-bit weights that is mapped into memory and starts at once.");
        Command.Add(_input);
        Command.Add(_output);
        Option[] options = [_weights, _head, _scales, _calibrate, _calibrationTokens, _importance, _threads, _report, _format];
        foreach (Option option in options)
        {
            Command.Add(option);
        }
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        ParseResult parse = context.Parse;
        string input = ModelSource.Require(parse.GetValue(_input)!, context.Terminal.Environment);
        string output = parse.GetValue(_output)!;
        string? text = parse.GetValue(_calibrate) is { } textFile
            ? await File.ReadAllTextAsync(textFile, context.Cancellation).ConfigureAwait(false)
            : null;
        var options = new QuantizationOptions
        {
            CalibrationText = text,
            CalibrationTokens = parse.GetValue(_calibrationTokens) ?? new QuantizationOptions().CalibrationTokens,
            ImportanceFile = parse.GetValue(_importance),
            Weights = parse.GetValue(_weights) ?? WeightType.Int4,
            HeadWeights = parse.GetValue(_head),
            Scales = parse.GetValue(_scales) ?? ScaleChoice.Search,
            ThreadCount = parse.GetValue(_threads),
        };
        QuantizationReport result = await LongWork.RunAsync(
            context.Talk, "Quantizing", progress => Phi4Quantizer.QuantizeAsync(input, output, options, progress, context.Cancellation)).ConfigureAwait(false);
        if (!result.HasTokenizer)
        {
            context.Talk.Warn($"{input} has no tokenizer files: put some into {output}, or use token ids.");
        }

        var report = new LossReport(result, parse.GetValue(_report), text is not null || options.ImportanceFile is not null);
        if (parse.GetValue(_format) == OutputFormat.Json)
        {
            report.WriteJson(context.Terminal.Out);
        }
        else
        {
            report.WriteText(context.Terminal.Out);
        }

        context.Terminal.Out.Flush();
        return ExitCode.Success;
    }
}
