// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>Base of every error that this library raises about models, files, requests and memory.</summary>
public class Phi4Exception : Exception
{
    /// <summary>An error with a message that names what was expected and what was found.</summary>
    public Phi4Exception(string message)
        : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    public Phi4Exception(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
