// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A constraint can't be honoured: it is malformed, matches nothing, or asks for what is not supported. Raised before anything is computed.</summary>
public sealed class ConstraintException : Phi4Exception
{
    /// <summary>An error that says where.</summary>
    /// <param name="message">What is wrong; <paramref name="path"/> is put before it.</param>
    /// <param name="path">Place in the source: a JSON pointer into a schema, or a position in a pattern or grammar.</param>
    /// <param name="keyword">The schema keyword that can't be honoured, or null.</param>
    public ConstraintException(string message, string path, string? keyword = null)
        : base($"{path}: {message}")
    {
        Path = path;
        Keyword = keyword;
    }

    /// <summary>Place in the source: a JSON pointer into a schema (<c>#/properties/age</c>), or a position in a pattern or grammar.</summary>
    public string Path { get; }

    /// <summary>The schema keyword that can't be honoured, such as <c>uniqueItems</c>; null where it is not about one.</summary>
    public string? Keyword { get; }
}
