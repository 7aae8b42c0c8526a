// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Phi4.Architecture.Tests.Docs;

/// <summary>What a document promises is there: files behind links, headings behind anchors, targets behind `make`, code that compiles.</summary>
internal static partial class DocumentRules
{
    private const string GlobalUsings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; "
        + "global using System.Threading; global using System.Threading.Tasks;";

    // What a project of a web app brings in besides.
    private const string WebUsings = "global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Http; global using Microsoft.AspNetCore.Routing; "
        + "global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Hosting; "
        + "global using Microsoft.Extensions.Logging;";

    public static IEnumerable<Violation> LinksLead(RepositoryFile document, Func<string, bool> exists, Func<string, string> read)
    {
        foreach (var (number, line) in ProseLines(document.Text))
        {
            foreach (Match link in Link().Matches(line))
            {
                var target = link.Groups["path"].Value;
                if (target.Contains(':', StringComparison.Ordinal))
                    continue;
                var path = target.Length == 0 ? document.Path : Combine(document.Path, target);
                if (!exists(path))
                    yield return new Violation(document.Path, number, $"{target} leads nowhere");
                else if (link.Groups["anchor"] is { Success: true } anchor && !Anchors(read(path)).Contains(anchor.Value))
                    yield return new Violation(document.Path, number, $"{target}#{anchor.Value} names no heading");
            }
        }
    }

    public static IEnumerable<Violation> MakeTargetsExist(RepositoryFile document, RepositoryFile makefile)
    {
        var targets = Target().Matches(makefile.Text).Select(match => match.Groups[1].Value).ToHashSet();
        var number = 0;
        foreach (var line in document.Text.Split('\n'))
        {
            number++;
            foreach (Match call in MakeCall().Matches(line))
            {
                if (!targets.Contains(call.Groups[1].Value))
                    yield return new Violation(document.Path, number, $"the Makefile has no target {call.Groups[1].Value}");
            }
        }
    }

    /// <summary>Every block marked <c>csharp</c> is a whole program against the shipped libraries. Other code is marked otherwise.</summary>
    public static IEnumerable<Violation> SnippetsCompile(RepositoryFile document)
    {
        foreach (Match block in CSharpBlock().Matches(document.Text))
        {
            var line = document.Text.AsSpan(0, block.Groups[1].Index).Count('\n') + 1;
            var options = new CSharpParseOptions(LanguageVersion.Latest);
            var code = block.Groups[1].Value;
            var usings = GlobalUsings + (code.Contains("WebApplication", StringComparison.Ordinal) ? WebUsings : "");
            var compilation = CSharpCompilation.Create(
                "Snippet",
                [CSharpSyntaxTree.ParseText(code, options), CSharpSyntaxTree.ParseText(usings, options)],
                PlatformReferences.All,
                new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
            foreach (var error in compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error))
                yield return new Violation(document.Path, line + error.Location.GetLineSpan().StartLinePosition.Line, error.GetMessage());
        }
    }

    private static IEnumerable<(int Number, string Line)> ProseLines(string text)
    {
        var fenced = false;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
                fenced = !fenced;
            else if (!fenced)
                yield return (number, InlineCode().Replace(line, ""));
        }
    }

    // GitHub's rule: lower case, spaces to hyphens, punctuation dropped.
    private static HashSet<string> Anchors(string text)
        => [.. text.Split('\n').Where(line => line.StartsWith('#'))
            .Select(line => NotInAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    private static string Combine(string document, string target)
    {
        var parts = new List<string>(document.Split('/')[..^1]);
        foreach (var part in target.TrimEnd('/').Split('/'))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part != ".")
                parts.Add(part);
        }

        return string.Join('/', parts);
    }

    [GeneratedRegex(@"\]\((?<path>[^)#\s]*)(#(?<anchor>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"^([a-z][a-z0-9-]*):", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"(?:`|^\$?\s*)make ([a-z][a-z0-9-]*)")]
    private static partial Regex MakeCall();

    [GeneratedRegex(@"^```csharp\s*\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
