// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>
/// No token can be chosen: every logit is NaN or negative infinity. Either the weights or the arithmetic are broken, or penalties and masks left nothing.
/// </summary>
public sealed class InvalidLogitsException : Phi4Exception
{
    /// <summary>An error that says what was found.</summary>
    /// <param name="vocabSize">V: logits in the row.</param>
    /// <param name="nanCount">How many of them are NaN.</param>
    public InvalidLogitsException(int vocabSize, int nanCount)
        : base(FormattableString.Invariant(
            $"No token can be chosen: of {vocabSize} logits {nanCount} are NaN and the other {vocabSize - nanCount} are negative infinity."))
    {
        VocabSize = vocabSize;
        NanCount = nanCount;
    }

    /// <summary>V: logits in the row.</summary>
    public int VocabSize { get; }

    /// <summary>How many of them are NaN.</summary>
    public int NanCount { get; }
}
