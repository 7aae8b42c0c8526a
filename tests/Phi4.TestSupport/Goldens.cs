// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport;

/// <summary>Finds the reference data: under <c>PHI4_GOLDENS</c> if set, else <c>tests/goldens</c> of the repository.</summary>
public static class Goldens
{
    /// <summary>The small models with reference logits.</summary>
    public static IReadOnlyList<string> ModelNames { get; } = ["tiny-phi4", "tiny-phi4-fp32", "tiny-phi4-mini", "tiny-phi4-sharded"];

    /// <summary>Folder that holds <c>models/</c> and <c>tokenizer/</c>.</summary>
    public static string Root { get; } =
        Environment.GetEnvironmentVariable("PHI4_GOLDENS") is { Length: > 0 } path ? path : Repository.PathTo("tests", "goldens");

    public static string Model(string name) => Path.Combine(Root, "models", name);

    public static string Tokenizer(string file) => Path.Combine(Root, "tokenizer", file);
}
