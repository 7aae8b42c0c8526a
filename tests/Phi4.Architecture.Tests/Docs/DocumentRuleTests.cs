// SPDX-License-Identifier: MIT
namespace Phi4.Architecture.Tests.Docs;

[TestFixture]
internal sealed class DocumentRuleTests
{
    private static readonly IReadOnlyList<RepositoryFile> Documents = RepositoryFiles.All(".md");

    [Test]
    public void Documents_OfTheHouse_LinkToWhatIsThere()
        => ViolationAssert.None(Documents.SelectMany(file => DocumentRules.LinksLead(file, RepositoryFiles.Exists, path => RepositoryFiles.Read(path).Text)));

    [Test]
    public void Documents_OfTheHouse_NameTargetsOfTheMakefile()
        => ViolationAssert.None(Documents.SelectMany(file => DocumentRules.MakeTargetsExist(file, RepositoryFiles.Read("Makefile"))));

    [Test]
    public void Snippets_OfTheHouse_Compile() => ViolationAssert.None(Documents.SelectMany(DocumentRules.SnippetsCompile));

    [TestCase("[a](gone.md)", "gone.md leads nowhere")]
    [TestCase("[a](../gone.md)", "../gone.md leads nowhere")]
    [TestCase("[a](here.md#lost)", "here.md#lost names no heading")]
    public void Link_ThatLeadsNowhere_IsFound(string text, string reason) => Assert.That(Links(text).Single().Reason, Is.EqualTo(reason));

    [TestCase("[a](here.md) and [b](./here.md) and [c](../docs/here.md)")]
    [TestCase("[a](here.md#the-first-part)")]
    [TestCase("[a](https://example.org/gone.md)")]
    [TestCase("`[a](gone.md)`")]
    [TestCase("```\n[a](gone.md)\n```")]
    public void Link_ThatLeadsSomewhereOrIsNone_Passes(string text) => Assert.That(Links(text), Is.Empty);

    [TestCase("run `make lunch`", 1)]
    [TestCase("make lunch", 1)]
    [TestCase("run `make tea`, to make sure", 0)]
    public void Target_ThatTheMakefileLacks_IsFound(string text, int violations)
        => Assert.That(DocumentRules.MakeTargetsExist(new("README.md", text), new("Makefile", "tea: ## Tea\n\tboil\n")).Count(), Is.EqualTo(violations));

    [TestCase("```csharp\nint x = \"text\";\n```", 1)]
    [TestCase("```csharp\nvar model = new Phi4.NoSuchType();\n```", 1)]
    [TestCase("```csharp\nConsole.WriteLine(Phi4.GenerationOptions.Default.MinTokens);\n```", 0)]
    [TestCase("```text\nint x = \"text\";\n```", 0)]
    public void Snippet_ThatDoesNotCompile_IsFound(string text, int violations)
        => Assert.That(DocumentRules.SnippetsCompile(new("README.md", text)).Count(), Is.EqualTo(violations));

    private static IEnumerable<Violation> Links(string text)
        => DocumentRules.LinksLead(new("docs/page.md", text), path => path == "docs/here.md", _ => "# Here\n## The first part!\n");
}
