// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Phi4.Cli.Errors;

namespace Phi4.Cli.Options;

/// <summary>Which model, and how it is loaded.</summary>
internal sealed class ModelOptions
{
    private readonly Func<string, string?> _environment;
    private readonly Option<string?> _device;
    private readonly Option<int?> _contextSize;
    private readonly Option<int?> _threads;
    private readonly Option<KvCacheType?> _kv;
    private readonly Option<WeightType?> _weights;
    private readonly Option<WeightType?> _head;
    private readonly Option<ActivationType?> _activations;

    public ModelOptions(OptionFactory factory)
    {
        _environment = factory.Environment;
        Model = factory.Text(
            "--model", ["-m"], "PATH", "Model folder in Hugging Face layout (config.json, safetensors, tokenizer), a GGUF file, or owner/name of a model that `phi4 pull` has brought.",
            "PHI4_MODEL");
        _device = factory.Text(
            "--device", [], "auto|cpu|cuda[:N]|reference",
            "Where the arithmetic runs: cpu uses the vector units, cuda an NVIDIA device, reference is slow float64. Allowed: auto, cpu, cuda, cuda:N, reference. Default: auto.",
            "PHI4_DEVICE");
        _contextSize = factory.Integer(
            "--ctx-size", ["-c"], 1, int.MaxValue, "Longest sequence in tokens, prompt and answer together.",
            "what the model was made for and memory allows", "PHI4_CTX_SIZE");
        _threads = factory.Integer("--threads", ["-t"], 1, 1024, "Threads that compute.", "one a processor", "PHI4_THREADS");
        _kv = factory.Choice(
            "--kv", [], "How the cache stores keys and values: f32 is exact and takes twice the memory of bf16, int8 about half.", "bf16", "PHI4_KV", KvCacheTypes);
        _weights = factory.Choice(
            "--weights", [], "How the layers' matrices are kept: other than stored, they are converted or quantized while loading.", "stored", "PHI4_WEIGHTS", WeightTypes);
        _head = factory.Choice(
            "--head", [], "How the head is kept.", "as --weights, but int8 beside int4", "PHI4_HEAD", WeightTypes);
        _activations = factory.Choice(
            "--activations", [], "What bf16 matrices are multiplied by: matched rounds activations to bf16, f32 leaves them as they are and is slower.", "matched",
            "PHI4_ACTIVATIONS", ("matched", ActivationType.Matched), ("f32", ActivationType.F32));
    }

    /// <summary>How weights can be kept, by their words on the command line.</summary>
    public static (string Word, WeightType Value)[] WeightTypes =>
    [
        ("stored", WeightType.AsStored), ("f32", WeightType.F32), ("bf16", WeightType.BF16), ("f16", WeightType.F16), ("int8", WeightType.Int8), ("int4", WeightType.Int4),
    ];

    /// <summary>How the cache can store keys and values, by their words on the command line.</summary>
    public static (string Word, KvCacheType Value)[] KvCacheTypes => [("f32", KvCacheType.F32), ("bf16", KvCacheType.BF16), ("int8", KvCacheType.Int8)];

    public Option<string?> Model { get; }

    /// <param name="command">Gets the options.</param>
    /// <param name="ofOneRun">Also those that a command which runs a model in several ways decides for itself: context and threads.</param>
    public void AddTo(Command command, bool ofOneRun = true)
    {
        command.Add(Model);
        command.Add(_device);
        if (ofOneRun)
        {
            command.Add(_contextSize);
            command.Add(_threads);
        }

        command.Add(_kv);
        command.Add(_weights);
        command.Add(_head);
        command.Add(_activations);
    }

    public int? ContextSizeOf(ParseResult parse) => parse.GetValue(_contextSize);

    /// <summary>The folder asked for; null if none was.</summary>
    public string? FolderOf(ParseResult parse) => parse.GetValue(Model) is { Length: > 0 } folder ? ModelSource.Require(folder, _environment) : null;

    /// <summary>The folder asked for.</summary>
    /// <exception cref="CommandException">None was, or it holds no model.</exception>
    public string RequireFolderOf(ParseResult parse) =>
        FolderOf(parse) ?? throw CommandException.Usage("No model given.", "name its folder with --model or in PHI4_MODEL; `phi4 pull microsoft/phi-4` downloads one.");

    public Phi4LoadOptions LoadOptionsOf(ParseResult parse, int maxSequences) => new()
    {
        Device = DeviceOf(parse.GetValue(_device)).Device,
        DeviceIndex = DeviceOf(parse.GetValue(_device)).Index,
        ContextLength = parse.GetValue(_contextSize),
        ThreadCount = parse.GetValue(_threads),
        KvCacheType = parse.GetValue(_kv) ?? KvCacheType.BF16,
        Weights = parse.GetValue(_weights) ?? WeightType.AsStored,
        HeadWeights = parse.GetValue(_head),
        Activations = parse.GetValue(_activations) ?? ActivationType.Matched,
        MaxSequences = maxSequences,
    };

    private static (Phi4Device Device, int Index) DeviceOf(string? name) => name switch
    {
        null or "" or "auto" => (Phi4Device.Auto, 0),
        "cpu" => (Phi4Device.Cpu, 0),
        "reference" => (Phi4Device.Reference, 0),
        "cuda" => (Phi4Device.Cuda, 0),
        _ when name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index) =>
            (Phi4Device.Cuda, index),
        _ => throw CommandException.Usage($"--device is \"{name}\"; allowed: auto, cpu, cuda, cuda:N, reference."),
    };
}
