// SPDX-License-Identifier: MIT
namespace Phi4.Architecture.Tests;

/// <summary>A place that breaks a rule of the house.</summary>
/// <param name="File">Path from the repository's root, with forward slashes.</param>
/// <param name="Line">1-based; 0 for the file as a whole.</param>
/// <param name="Reason">What was found and what is allowed.</param>
internal readonly record struct Violation(string File, int Line, string Reason)
{
    public override string ToString() => $"{File}:{Line}: {Reason}";
}

internal static class ViolationAssert
{
    public static void None(IEnumerable<Violation> violations)
    {
        var found = violations.Distinct().ToList();
        Assert.That(found, Is.Empty, string.Join('\n', found));
    }
}
