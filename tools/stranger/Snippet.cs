// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Phi4.Stranger;

/// <summary>A whole program that a document shows.</summary>
/// <param name="Document">Path from the root of the repository.</param>
/// <param name="Number">Which of the document's programs, from 1.</param>
/// <param name="Code">Its text, as it stands there.</param>
/// <param name="Packages">What a reader adds first: the packages that its using lines need.</param>
/// <param name="JustInTimeOnly">The document says that it leans on reflection.</param>
internal sealed partial record Snippet(string Document, int Number, string Code, IReadOnlyList<string> Packages, bool JustInTimeOnly)
{
    private const string Mark = "<!-- just in time only -->";

    /// <summary>Folder and project name.</summary>
    public string Name => $"{(Document.Contains('/', StringComparison.Ordinal) ? Document.Split('/')[^2] : "Readme").Replace('.', '_')}{Number}";

    /// <summary>Serves requests until it is stopped.</summary>
    public bool IsWebApp => Code.Contains("WebApplication", StringComparison.Ordinal);

    public override string ToString() => $"{Document}, program {Number}";

    public static IReadOnlyList<Snippet> Read(string root, string document) =>
        [.. CSharpBlock().Matches(File.ReadAllText(Path.Combine(root, document)).ReplaceLineEndings("\n"))
            .Select((block, index) => new Snippet(document, index + 1, block.Groups["code"].Value, PackagesOf(block.Groups["code"].Value), block.Groups["mark"].Value == Mark))];

    private static List<string> PackagesOf(string code)
    {
        List<string> packages = [];
        if (code.Contains("using Phi4;", StringComparison.Ordinal))
            packages.Add("Phi4.Core");
        if (code.Contains("using Phi4.Tokenizer;", StringComparison.Ordinal))
            packages.Add("Phi4.Tokenizer");
        if (code.Contains("using Phi4.Extensions.AI", StringComparison.Ordinal) || code.Contains("using Microsoft.Extensions.AI;", StringComparison.Ordinal))
            packages.Add("Phi4.Extensions.AI");
        if (MiddlewareCall().IsMatch(code))
            packages.Add("Microsoft.Extensions.AI");
        return packages;
    }

    [GeneratedRegex(@"^(?:(?<mark><!-- just in time only -->)\n)?```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    // What lives in Microsoft.Extensions.AI rather than in its abstractions.
    [GeneratedRegex(@"\b(AsBuilder|Use[A-Z]\w+|AddChatClient|GetResponseAsync<)\b?")]
    private static partial Regex MiddlewareCall();
}
