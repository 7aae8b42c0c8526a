// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer;

/// <summary>Base of the errors that tokenizers raise.</summary>
public class TokenizerException : Exception
{
    /// <summary>An error with a message that names what was expected and what was found.</summary>
    public TokenizerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
