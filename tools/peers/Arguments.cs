// SPDX-License-Identifier: MIT
namespace Phi4.Peers;

/// <summary>The command line, read.</summary>
internal sealed record Arguments
{
    public const string Help = """
        Makes twins of checkpoints for other engines.

          gguf --model FOLDER --out FILE.gguf --type TYPE [--head TYPE] [--tokenizer FILE]

          --model FOLDER       config.json and safetensors; Phi3, Llama or Qwen2 class names
          --out FILE           must not exist yet
          --type TYPE          of the matrices: f32, f16, bf16, q8_0 or q4_0; vectors are always f32
          --head TYPE          of the embedding and the head (default: as --type)
          --tokenizer FILE     a tokenizer.json, gzipped or not (default: the folder's own; without one, names are made up)
        """;

    public required string Folder { get; init; }

    public required string Out { get; init; }

    public required TwinType Type { get; init; }

    public required TwinType HeadType { get; init; }

    public string? TokenizerFile { get; init; }

    /// <exception cref="ArgumentException">An unknown or incomplete option.</exception>
    public static Arguments Parse(IReadOnlyList<string> args)
    {
        if (args.Count % 2 == 0 || args[0] != "gguf")
        {
            throw new ArgumentException("Expected: gguf, then options with a value each.");
        }

        Dictionary<string, string> values = new(StringComparer.Ordinal);
        for (int i = 1; i < args.Count; i += 2)
        {
            if (args[i] is not ("--model" or "--out" or "--type" or "--head" or "--tokenizer") || !values.TryAdd(args[i], args[i + 1]))
            {
                throw new ArgumentException($"{args[i]} is not an option, or is given twice.");
            }
        }

        TwinType type = TypeOf(Required(values, "--type"));
        return new Arguments
        {
            Folder = Required(values, "--model"),
            Out = Required(values, "--out"),
            Type = type,
            HeadType = values.TryGetValue("--head", out string? head) ? TypeOf(head) : type,
            TokenizerFile = values.GetValueOrDefault("--tokenizer"),
        };
    }

    private static string Required(Dictionary<string, string> values, string option) =>
        values.TryGetValue(option, out string? value) ? value : throw new ArgumentException($"{option} is needed.");

    private static TwinType TypeOf(string name) => name switch
    {
        "f32" => TwinType.F32,
        "f16" => TwinType.F16,
        "bf16" => TwinType.BF16,
        "q8_0" => TwinType.Q8_0,
        "q4_0" => TwinType.Q4_0,
        _ => throw new ArgumentException($"\"{name}\" is none of f32, f16, bf16, q8_0, q4_0."),
    };
}
