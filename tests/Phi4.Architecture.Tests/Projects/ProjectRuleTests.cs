// SPDX-License-Identifier: MIT
namespace Phi4.Architecture.Tests.Projects;

[TestFixture]
internal sealed class ProjectRuleTests
{
    [Test]
    public void Projects_OfTheHouse_ReferenceWhatTheyMay() => ViolationAssert.None(RepositoryFiles.All(".csproj", "src").SelectMany(ProjectRules.Judge));

    [Test]
    public void Solution_OfTheHouse_ListsEveryProject()
        => ViolationAssert.None(ProjectRules.JudgeSolution(RepositoryFiles.Read("Phi4.Engine.sln"), [.. RepositoryFiles.All(".csproj").Select(file => file.Path)]));

    [TestCase("Phi4.Kernels", """<ProjectReference Include="..\Phi4.Core\Phi4.Core.csproj" />""", "may not reference Phi4.Core")]
    [TestCase("Phi4.Cli", """<ProjectReference Include="../Phi4.Kernels/Phi4.Kernels.csproj" />""", "may not reference Phi4.Kernels")]
    [TestCase("Phi4.Tokenizer", """<PackageReference Include="Newtonsoft.Json" />""", "may not use the package Newtonsoft.Json")]
    [TestCase("Phi4.Core", """<InternalsVisibleTo Include="Phi4.Cli" />""", "may not open its internals to Phi4.Cli")]
    [TestCase("Phi4.Unheard", "", "is not in the tables")]
    public void Project_WithAForbiddenReference_IsFound(string name, string item, string reason)
        => Assert.That(ProjectRules.Judge(Project(name, item)).Single().Reason, Does.Contain(reason));

    [TestCase("Phi4.Core", """<ProjectReference Include="../Phi4.Kernels/Phi4.Kernels.csproj" />""")]
    [TestCase("Phi4.Kernels", """<InternalsVisibleTo Include="Phi4.Core" />""")]
    [TestCase("Phi4.Kernels", """<InternalsVisibleTo Include="Phi4.Kernels.Tests" />""")]
    public void Project_WithAnAllowedReference_Passes(string name, string item) => Assert.That(ProjectRules.Judge(Project(name, item)), Is.Empty);

    [Test]
    public void Solution_ThatForgetsOrInventsAProject_IsFound()
    {
        var solution = new RepositoryFile("Phi4.Engine.sln", """Project("{X}") = "Gone", "src\Gone\Gone.csproj", "{Y}" """);
        Assert.That(ProjectRules.JudgeSolution(solution, ["src/New/New.csproj"]).Select(v => v.Reason), Is.EqualTo((string[])
            ["src/New/New.csproj is not in the solution", "src/Gone/Gone.csproj is in the solution, but not on disk"]));
    }

    private static RepositoryFile Project(string name, string item)
        => new($"src/{name}/{name}.csproj", $"<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup>{item}</ItemGroup></Project>");
}
