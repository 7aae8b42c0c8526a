// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>What a hub sent is not the file that it announced. Nothing of it was kept.</summary>
public sealed class DownloadMismatchException : Phi4Exception
{
    /// <summary>An error with both values.</summary>
    /// <param name="model">The model, as <c>owner/name</c>.</param>
    /// <param name="file">The file.</param>
    /// <param name="property"><c>bytes</c>, <c>sha256</c> or <c>git sha1</c>.</param>
    /// <param name="expected">What the hub announced.</param>
    /// <param name="found">What came.</param>
    public DownloadMismatchException(string model, string file, string property, string expected, string found)
        : base($"{model}: {file}: expected {property} {expected}, found {found}.")
    {
        Model = model;
        File = file;
        Property = property;
        Expected = expected;
        Found = found;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>What differs.</summary>
    public string Property { get; }

    /// <summary>What was announced.</summary>
    public string Expected { get; }

    /// <summary>What came.</summary>
    public string Found { get; }
}
