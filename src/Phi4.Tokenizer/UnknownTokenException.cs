// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer;

/// <summary>An id, or a special token's string, that the vocabulary does not have.</summary>
public sealed class UnknownTokenException : TokenizerException
{
    /// <summary>An id without a token.</summary>
    public UnknownTokenException(int id, int vocabularySize)
        : base($"No token has the id {id}; the vocabulary's ids lie in 0..{vocabularySize - 1}.") => Id = id;

    /// <summary>A string that is no special token.</summary>
    public UnknownTokenException(string content)
        : base($"'{content}' is not a special token of this vocabulary.") => Content = content;

    /// <summary>The id, if an id was asked for.</summary>
    public int? Id { get; }

    /// <summary>The string, if a string was asked for.</summary>
    public string? Content { get; }
}
