// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>Two models cannot be compared token by token: their vocabularies differ in size.</summary>
public sealed class VocabularyMismatchException : Phi4Exception
{
    /// <param name="baseSize">Tokens of the base model's vocabulary.</param>
    /// <param name="modelSize">Tokens of the model's.</param>
    public VocabularyMismatchException(int baseSize, int modelSize)
        : base(FormattableString.Invariant($"The base model's vocabulary has {baseSize} tokens, the model's {modelSize}: their distributions cannot be compared."))
    {
        BaseSize = baseSize;
        ModelSize = modelSize;
    }

    /// <summary>Tokens of the base model's vocabulary.</summary>
    public int BaseSize { get; }

    /// <summary>Tokens of the model's vocabulary.</summary>
    public int ModelSize { get; }
}
