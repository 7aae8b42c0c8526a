// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer;

/// <summary>A token that stands outside the merges and is matched as a whole string.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its exact string.</param>
/// <param name="LeftStrip">Whether white space before it vanishes under <see cref="SpecialTokenHandling.Strip"/>.</param>
/// <param name="RightStrip">Whether white space after it vanishes under <see cref="SpecialTokenHandling.Strip"/>.</param>
/// <param name="IsSpecial">Whether decoding leaves it out when asked to skip special tokens.</param>
public sealed record AddedToken(int Id, string Content, bool LeftStrip = false, bool RightStrip = false, bool IsSpecial = true)
{
    private const int Phi4FirstId = 100256;
    private const int Phi4Count = 96;

    private static readonly Dictionary<int, string> Phi4Named = new()
    {
        [100257] = "endoftext",
        [100258] = "fim_prefix",
        [100259] = "fim_middle",
        [100260] = "fim_suffix",
        [100264] = "im_start",
        [100265] = "im_end",
        [100266] = "im_sep",
        [100276] = "endofprompt",
    };

    /// <summary>phi-4's 96 special tokens, 100256 to 100351, all of which strip on both sides.</summary>
    public static IReadOnlyList<AddedToken> Phi4 { get; } = [.. Phi4Tokens()];

    /// <summary>The two special tokens of o200k_base.</summary>
    public static IReadOnlyList<AddedToken> O200k { get; } = [new(199999, "<|endoftext|>"), new(200018, "<|endofprompt|>")];

    private static IEnumerable<AddedToken> Phi4Tokens()
    {
        int dummy = 0;
        for (int id = Phi4FirstId; id < Phi4FirstId + Phi4Count; id++)
        {
            string name = Phi4Named.TryGetValue(id, out string? named) ? named : $"dummy_{dummy++}";
            yield return new AddedToken(id, $"<|{name}|>", LeftStrip: true, RightStrip: true);
        }
    }
}
