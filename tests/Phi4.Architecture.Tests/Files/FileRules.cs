// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Phi4.Architecture.Tests.Files;

/// <summary>Rules that one source file obeys or breaks by itself.</summary>
internal static partial class FileRules
{
    public const string Licence = "// SPDX-License-Identifier: MIT";
    public const int MostLines = 400;
    private const int FamilySize = 3;

    // Where raw memory may be touched: kernels, and the mapping of safetensors files.
    private static readonly string[] UnsafeFolders = ["src/Phi4.Kernels/", "src/Phi4.Core/Weights/"];

    public static IEnumerable<Violation> StartsWithLicence(RepositoryFile file)
    {
        if (!file.Text.StartsWith(Licence + "\n", StringComparison.Ordinal))
            yield return new Violation(file.Path, 1, $"the first line is not `{Licence}`");
    }

    public static IEnumerable<Violation> IsShort(RepositoryFile file)
    {
        var lines = file.Text.AsSpan().Count('\n');
        if (lines > MostLines)
            yield return new Violation(file.Path, 0, $"{lines} lines, at most {MostLines}");
    }

    /// <summary>Namespace = folder path; the files at the root of Phi4.Core are in <c>Phi4</c>.</summary>
    public static IEnumerable<Violation> NamespaceIsFolder(RepositoryFile file)
    {
        var parts = file.Path.Split('/');
        var folder = string.Join('.', parts[1..^1]);
        var expected = folder == "Phi4.Core" ? "Phi4" : folder;
        return Root(file).DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
            .Where(space => space.Name.ToString() != expected)
            .Select(space => At(file, space, $"namespace {space.Name} in the folder of {expected}"));
    }

    /// <summary>File = type; <c>Type.Aspect.cs</c> is a part of Type. A family of three types or more may share a file under the family's name.</summary>
    public static IEnumerable<Violation> DeclaresItsType(RepositoryFile file)
    {
        var name = Path.GetFileName(file.Path).Split('.')[0];
        var types = Root(file).DescendantNodes().OfType<MemberDeclarationSyntax>()
            .Select(node => (node as BaseTypeDeclarationSyntax)?.Identifier.Text ?? (node as DelegateDeclarationSyntax)?.Identifier.Text)
            .OfType<string>().ToList();
        if (name != "Program" && types.Count < FamilySize && !types.Contains(name))
            yield return new Violation(file.Path, 0, $"declares no type {name}; types here: {string.Join(", ", types)}");
    }

    public static IEnumerable<Violation> KeepsUnsafeInItsPlace(RepositoryFile file)
        => UnsafeFolders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal))
            ? []
            : Root(file).DescendantTokens().Where(token => token.IsKind(SyntaxKind.UnsafeKeyword))
                .Select(token => At(file, token.Parent!, $"`unsafe` outside {string.Join(" and ", UnsafeFolders)}"));

    /// <summary>Libraries do not talk: only the command line writes to the console.</summary>
    public static IEnumerable<Violation> KeepsOffTheConsole(RepositoryFile file)
        => file.Path.StartsWith("src/Phi4.Cli/", StringComparison.Ordinal)
            ? []
            : Root(file).DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => name.Identifier.Text == nameof(Console))
                .Select(name => At(file, name, "a library does not use Console"));

    /// <summary>Nothing half-done, nothing folded away, no test put to sleep, no code kept as a comment.</summary>
    public static IEnumerable<Violation> LeavesNothingUndone(RepositoryFile file)
    {
        var number = 0;
        foreach (var line in file.Text.Split('\n'))
        {
            number++;
            if (Undone().Match(line) is { Success: true } word)
                yield return new Violation(file.Path, number, $"`{word.Value.Trim()}`");
            if (CommentedOutCode().IsMatch(line))
                yield return new Violation(file.Path, number, $"code kept as a comment: `{line.Trim()}`");
        }
    }

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bNotImplementedException\b|^\s*#region\b|^\s*\[(Ignore|TestCase\(.*Ignore\s*=)|\bAssert\.Ignore\b")]
    private static partial Regex Undone();

    // A plain comment that ends like a statement or a block.
    [GeneratedRegex(@"^\s*//(?!/).*[\w)\]""](;|\s*\{)\s*$|^\s*//\s*[{}]\s*$")]
    private static partial Regex CommentedOutCode();

    private static SyntaxNode Root(RepositoryFile file)
        => CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.None)).GetRoot();

    private static Violation At(RepositoryFile file, SyntaxNode node, string reason)
        => new(file.Path, node.GetLocation().GetLineSpan().StartLinePosition.Line + 1, reason);
}
