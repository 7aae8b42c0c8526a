// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Phi4.Architecture.Tests.Projects;
using Phi4.TestSupport;

namespace Phi4.Architecture.Tests.PublicApi;

/// <summary>
/// Each library's public face stands in its PublicAPI.txt, so that a change of it shows in a review. <c>make public-api</c> writes the files anew.
/// </summary>
[TestFixture]
internal sealed class PublicApiTests
{
    private static readonly bool Rewrite = Environment.GetEnvironmentVariable("PHI4_WRITE_PUBLIC_API") == "1";

    private static IEnumerable<string> Libraries => ProjectRules.MayReference.Keys.Where(name => name != "Phi4.Cli");

    [TestCaseSource(nameof(Libraries))]
    public void Library_OfTheHouse_ShowsThePublicFaceThatItsFileHas(string name)
    {
        string? found = PublicApiText.Of(name, PlatformReferences.All);
        Assert.That(found, Is.Not.Null, $"{name} is not among the assemblies of this test program: reference it.");
        string path = Repository.PathTo("src", name, "PublicAPI.txt");
        if (Rewrite)
            File.WriteAllText(path, found);
        string[] written = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] lines = found!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> changes = [.. lines.Except(written).Select(line => "+ " + line), .. written.Except(lines).Select(line => "- " + line)];
        Assert.That(written, Is.EqualTo(lines), $"The public API of {name} has changed. If that is meant: make public-api\n{string.Join('\n', changes)}\n");
    }

    [Test]
    public void Text_OfASmallLibrary_SaysWhatOthersCanName()
    {
        const string Source = """
            #nullable enable
            namespace Small;
            public sealed record Point(int X, int Y = 2);
            public abstract class Shape { protected internal abstract string? Name { get; } private protected int Hidden; internal void Secret() { } }
            public static class Extensions { public static T[] Twice<T>(this T item, params System.ReadOnlySpan<int> more) where T : notnull => [item, item]; }
            public enum Colour { Red, Blue = 5 }
            internal sealed class Inside { public int Visible; }
            public sealed class Closed { private Closed() { } public int this[int index] => index; public event System.Action? Rang { add { } remove { } } }
            """;
        Assert.That(TextOf(Source), Is.EqualTo("""
            sealed class Small.Closed
                public event System.Action? Rang
                public int this[int index] { get; }
            enum Small.Colour
                Blue = 5
                Red = 0
            static class Small.Extensions
                public static T[] Twice<T>(this T item, params System.ReadOnlySpan<int> more) where T : notnull
            sealed record class Small.Point
                public Point(int X, int Y = 2)
                public int X { get; init; }
                public int Y { get; init; }
            abstract class Small.Shape
                protected Shape()
                protected internal abstract string? Name { get; }

            """.ReplaceLineEndings("\n")));
    }

    private static string TextOf(string source)
    {
        var compilation = CSharpCompilation.Create(
            "Small", [CSharpSyntaxTree.ParseText(source)], PlatformReferences.WithoutOurs, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var image = new MemoryStream();
        Assert.That(compilation.Emit(image).Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error), Is.Empty);
        return PublicApiText.Of("Small", [.. PlatformReferences.WithoutOurs, MetadataReference.CreateFromImage(image.ToArray())])!;
    }
}
