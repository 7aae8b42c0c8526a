// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model chose an end token, or one of <see cref="GenerationOptions.StopTokenIds"/>.</summary>
    Stop,

    /// <summary>One of <see cref="GenerationOptions.StopStrings"/> appeared in the text.</summary>
    StopString,

    /// <summary><see cref="GenerationOptions.MaxTokens"/> were generated.</summary>
    Length,

    /// <summary>The context holds no further token.</summary>
    ContextFull,

    /// <summary>The caller gave up, or the model was disposed.</summary>
    Cancelled,
}
