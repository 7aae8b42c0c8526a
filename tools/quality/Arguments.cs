// SPDX-License-Identifier: MIT
namespace Phi4.Quality;

/// <summary>The command line, read.</summary>
internal sealed record Arguments
{
    public const string Help = """
        Prints what each weight format costs in quality, as Markdown.

          models [--llama-quantize PROGRAM] [--models NAME,…]    divergence and perplexity on the sample model and the golden models
          linears [--llama-quantize PROGRAM]                     output error of single matrices of several kinds of made-up weights

          --llama-quantize PROGRAM   llama.cpp's or ik_llama.cpp's: adds its formats, made of the same weights by its own encoder
          --models NAME,…            of phi4-sample, tiny-phi4, tiny-phi4-mini, tiny-phi4-sharded (default: all)

        Run it in the repository's root.
        """;

    private static readonly string[] AllModels = ["phi4-sample", "tiny-phi4-sharded", "tiny-phi4", "tiny-phi4-mini"];

    public required bool Linears { get; init; }

    public string? LlamaQuantize { get; init; }

    public required IReadOnlyList<string> Models { get; init; }

    /// <exception cref="ArgumentException">An unknown or incomplete option.</exception>
    public static Arguments Parse(IReadOnlyList<string> args)
    {
        if (args.Count % 2 == 0 || args[0] is not ("models" or "linears"))
        {
            throw new ArgumentException("Expected: models or linears, then options with a value each.");
        }

        string? program = null;
        IReadOnlyList<string> models = AllModels;
        for (int i = 1; i < args.Count; i += 2)
        {
            switch (args[i])
            {
                case "--llama-quantize":
                    program = File.Exists(args[i + 1]) ? args[i + 1] : throw new ArgumentException($"There is no {args[i + 1]}.");
                    break;
                case "--models":
                    models = args[i + 1].Split(',');
                    break;
                default:
                    throw new ArgumentException($"{args[i]} is not an option.");
            }
        }

        return models.FirstOrDefault(name => !AllModels.Contains(name)) is { } unknown
            ? throw new ArgumentException($"\"{unknown}\" is none of {string.Join(", ", AllModels)}.")
            : new Arguments { Linears = args[0] == "linears", LlamaQuantize = program, Models = models };
    }
}
