// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Phi4.Architecture.Tests.Arrows;

/// <summary>
/// All sources bound in one compilation, so that every name leads to the file that declares it: a using line that is missing
/// (because a parent namespace or an inferred type makes it needless) hides nothing.
/// </summary>
internal sealed class SourceModel
{
    // What ImplicitUsings brings into every file.
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Preview, DocumentationMode.None);

    public SourceModel(IEnumerable<RepositoryFile> files)
    {
        Trees = [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, ParseOptions, file.Path))];
        Compilation = CSharpCompilation.Create(
            "Phi4.Sources",
            [.. Trees, CSharpSyntaxTree.ParseText(GlobalUsings, ParseOptions)],
            PlatformReferences.WithoutOurs,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }

    public IReadOnlyList<SyntaxTree> Trees { get; }

    public CSharpCompilation Compilation { get; }

    /// <summary>Every use of one room by another that the table does not have.</summary>
    public IEnumerable<Violation> ForbiddenArrows()
    {
        foreach (var tree in Trees)
        {
            if (Rooms.OfFile(tree.FilePath) is not { } from)
                continue;
            if (!Rooms.MayUse.ContainsKey(from))
                yield return new Violation(tree.FilePath, 0, $"the room {from} is not in the table of Rooms.cs and docs/architecture.md");

            var names = Compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                var symbol = names.GetSymbolInfo(name).Symbol;
                if (symbol is INamespaceSymbol space)
                {
                    // Only a whole using line counts: `Core` in `namespace Phi4.Core.Model` is no arrow.
                    if (name.FirstAncestorOrSelf<UsingDirectiveSyntax>() is not null && !Rooms.AllowsUsing(from, space.ToDisplayString()))
                        yield return new Violation(tree.FilePath, LineOf(name), $"{from} may not use {space.ToDisplayString()}");
                }
                else if (symbol is not null && RoomOf(symbol) is { } to && !Rooms.Allows(from, to))
                {
                    yield return new Violation(tree.FilePath, LineOf(name), $"{from} may not use {to} ({symbol.Name})");
                }
            }
        }
    }

    /// <summary>Classes that are open for inheritance although nobody inherits from them.</summary>
    public IEnumerable<Violation> UnsealedClasses()
    {
        var classes = DeclaredTypes().Where(type => type.TypeKind == TypeKind.Class).ToList();
        var bases = classes.Select(type => type.BaseType?.OriginalDefinition).ToHashSet(SymbolEqualityComparer.Default);
        return classes
            .Where(type => !type.IsSealed && !type.IsAbstract && !type.IsStatic && !bases.Contains(type) && type.Name != "Program")
            .Select(type => new Violation(type.Locations[0].SourceTree!.FilePath, LineOf(type), $"class {type.Name} is neither sealed, static nor a base of another"));
    }

    /// <summary>Names that lead nowhere: with too many of them the judgement above would be blind.</summary>
    public IEnumerable<Violation> UnresolvedNames()
        => Compilation.GetDiagnostics()
            .Where(d => d.Id is "CS0246" or "CS0234" or "CS0103")
            .Select(d => new Violation(d.Location.SourceTree?.FilePath ?? "", d.Location.GetLineSpan().StartLinePosition.Line + 1, d.GetMessage()));

    private static string? RoomOf(ISymbol symbol)
    {
        var type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
        return type?.OriginalDefinition.DeclaringSyntaxReferences is [var declaration, ..] ? Rooms.OfFile(declaration.SyntaxTree.FilePath) : null;
    }

    private IEnumerable<INamedTypeSymbol> DeclaredTypes()
        => Trees.SelectMany(tree =>
        {
            var names = Compilation.GetSemanticModel(tree);
            return tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Select(node => names.GetDeclaredSymbol(node)).OfType<INamedTypeSymbol>();
        });

    private static int LineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static int LineOf(ISymbol symbol) => symbol.Locations[0].GetLineSpan().StartLinePosition.Line + 1;
}
