// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace Phi4.Core.Hub;

/// <summary>A model's name on the hub. Owner, name and revision are safe to be parts of paths and addresses.</summary>
internal sealed record HubModelName(string Owner, string Name, string Revision)
{
    public const string DefaultRevision = "main";

    private const int LongestPart = 96;
    private const int LongestRevision = 200;

    /// <summary><c>owner/name</c>.</summary>
    public string Id => $"{Owner}/{Name}";

    /// <exception cref="InvalidOptionsException">It is no name.</exception>
    public static HubModelName Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        return TryParse(text, out HubModelName? name)
            ? name
            : throw new InvalidOptionsException("model", text, "owner/name or owner/name@revision, of letters, digits, '.', '-' and '_'");
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out HubModelName? name)
    {
        string[] halves = text.Split('@', 2);
        string[] parts = halves[0].Split('/');
        string revision = halves.Length == 2 ? halves[1] : DefaultRevision;
        bool isName = parts.Length == 2 && IsPart(parts[0]) && IsPart(parts[1]) && IsRevision(revision);
        name = isName ? new HubModelName(parts[0], parts[1], revision) : null;
        return isName;
    }

    /// <summary>A git hash in full.</summary>
    public static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A path inside a repository that cannot leave it, on whatever system.</summary>
    public static bool IsSafePath(string path) => path.Length is > 0 and <= 500 && path.Split('/').All(
        part => part.Length > 0 && part is not ("." or "..") && !part.EndsWith('.') && !part.EndsWith(' ') && !part.Any(c => char.IsControl(c) || "\\:*?\"<>|".Contains(c, StringComparison.Ordinal)));

    public override string ToString() => Revision == DefaultRevision ? Id : $"{Id}@{Revision}";

    // "--" stands between owner and name in the cache's folder names.
    private static bool IsPart(string text) =>
        text.Length is > 0 and <= LongestPart && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
        && text[0] is not ('.' or '-') && text[^1] is not ('.' or '-')
        && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal);

    private static bool IsRevision(string text) =>
        text.Length <= LongestRevision && IsSafePath(text) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or '+');
}
