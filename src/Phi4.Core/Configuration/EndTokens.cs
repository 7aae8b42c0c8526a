// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>
/// Which tokens end an answer: the union of what <c>config.json</c> and <c>generation_config.json</c> say and of what the family is known to emit,
/// because published copies disagree (phi-4's own end token changed after release, and both are in use).
/// </summary>
public static class EndTokens
{
    private const int Phi4VocabSize = 100352;
    private const int Phi4MiniVocabSize = 200064;

    private static readonly int[] Phi4 = [100257, 100265];      // <|endoftext|>, <|im_end|>
    private static readonly int[] Phi4Mini = [199999, 200020];  // <|endoftext|>, <|end|>

    /// <summary>The end tokens of a model, ascending, each once.</summary>
    public static IReadOnlyList<int> Of(ModelConfig config, GenerationConfig generation)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(generation);
        return [.. config.EndTokenIds.Concat(generation.EndTokenIds).Concat(OfFamily(config)).Distinct().Order()];
    }

    /// <summary>Recognised by vocabulary size: no other model of these architectures has it.</summary>
    private static int[] OfFamily(ModelConfig config) => config.VocabSize switch
    {
        Phi4VocabSize when config.Architecture != "Qwen2ForCausalLM" => Phi4,
        Phi4MiniVocabSize when config.Architecture != "Qwen2ForCausalLM" => Phi4Mini,
        _ => [],
    };
}
