// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer;

/// <summary>A tokenizer file is malformed, or asks for something that is not supported.</summary>
public sealed class TokenizerFormatException : TokenizerException
{
    /// <summary>An error in a file.</summary>
    /// <param name="file">The file's name, or what stands for it.</param>
    /// <param name="problem">What is wrong: where, what was expected, what was found.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public TokenizerFormatException(string file, string problem, Exception? innerException = null)
        : base($"{file}: {problem}", innerException)
    {
        File = file;
        Problem = problem;
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; }
}
