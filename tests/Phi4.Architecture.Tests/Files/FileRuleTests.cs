// SPDX-License-Identifier: MIT
namespace Phi4.Architecture.Tests.Files;

[TestFixture]
internal sealed class FileRuleTests
{
    private static readonly IReadOnlyList<RepositoryFile> Shipped = RepositoryFiles.All(".cs", "src");

    // These files quote what the rules forbid.
    private static readonly IReadOnlyList<RepositoryFile> Everything =
        [.. RepositoryFiles.All(".cs").Where(file => !file.Path.StartsWith("tests/Phi4.Architecture.Tests/Files/", StringComparison.Ordinal))];

    [Test]
    public void Sources_OfTheHouse_StartWithTheLicence() => ViolationAssert.None(RepositoryFiles.All(".cs").SelectMany(FileRules.StartsWithLicence));

    [Test]
    public void Sources_OfTheHouse_AreShort() => ViolationAssert.None(Shipped.SelectMany(FileRules.IsShort));

    [Test]
    public void Sources_OfTheHouse_HaveTheirFoldersNamespace()
        => ViolationAssert.None(RepositoryFiles.All(".cs", "src", "tests", "bench").SelectMany(FileRules.NamespaceIsFolder));

    [Test]
    public void Sources_OfTheHouse_DeclareTheTypeOfTheirName() => ViolationAssert.None(Shipped.SelectMany(FileRules.DeclaresItsType));

    [Test]
    public void Sources_OfTheHouse_KeepUnsafeInItsPlace() => ViolationAssert.None(Shipped.SelectMany(FileRules.KeepsUnsafeInItsPlace));

    [Test]
    public void Libraries_OfTheHouse_KeepOffTheConsole() => ViolationAssert.None(Shipped.SelectMany(FileRules.KeepsOffTheConsole));

    [Test]
    public void Sources_OfTheHouse_LeaveNothingUndone() => ViolationAssert.None(Everything.SelectMany(FileRules.LeavesNothingUndone));

    [Test]
    public void Licence_MissingOrSecond_IsFound()
        => Assert.That(FileRules.StartsWithLicence(new("src/A/B.cs", $"\n{FileRules.Licence}\n")).Count(), Is.EqualTo(1));

    [TestCase(FileRules.MostLines, 0)]
    [TestCase(FileRules.MostLines + 1, 1)]
    public void Lines_AboveTheAlarm_AreFound(int lines, int violations)
        => Assert.That(FileRules.IsShort(new("src/A/B.cs", new string('\n', lines))).Count(), Is.EqualTo(violations));

    [TestCase("src/Phi4.Core/Model/Transformer.cs", "Phi4.Core.Model", 0)]
    [TestCase("src/Phi4.Core/Model/Transformer.cs", "Phi4.Core", 1)]
    [TestCase("src/Phi4.Core/Phi4Model.cs", "Phi4", 0)]
    [TestCase("src/Phi4.Core/Phi4Model.cs", "Phi4.Core", 1)]
    [TestCase("tests/Phi4.Core.Tests/Model/TransformerTests.cs", "Phi4.Core.Tests", 1)]
    public void Namespace_OtherThanTheFolder_IsFound(string path, string space, int violations)
        => Assert.That(FileRules.NamespaceIsFolder(new(path, $"namespace {space};")).Count(), Is.EqualTo(violations));

    [TestCase("src/A/Pages.Free.cs", "sealed partial class Pages;", 0)]
    [TestCase("src/A/Pages.cs", "sealed class Other;", 1)]
    [TestCase("src/A/Program.cs", "return 0;", 0)]
    [TestCase("src/A/Shapes.cs", "sealed class Square; sealed class Round;", 1)]
    [TestCase("src/A/Shapes.cs", "sealed class Square; sealed class Round; sealed class Flat;", 0)]
    public void File_WithoutTheTypeOfItsName_IsFound(string path, string text, int violations)
        => Assert.That(FileRules.DeclaresItsType(new(path, text)).Count(), Is.EqualTo(violations));

    [TestCase("src/Phi4.Core/State/A.cs", "unsafe class A;", 1)]
    [TestCase("src/Phi4.Core/State/A.cs", "class A { void F() { unsafe { } } }", 1)]
    [TestCase("src/Phi4.Core/State/A.cs", "// unsafe\nclass A { string s = \"unsafe\"; }", 0)]
    [TestCase("src/Phi4.Core/Weights/A.cs", "unsafe class A;", 0)]
    [TestCase("src/Phi4.Kernels/Cpu/A.cs", "unsafe class A;", 0)]
    public void Unsafe_OutsideItsPlace_IsFound(string path, string text, int violations)
        => Assert.That(FileRules.KeepsUnsafeInItsPlace(new(path, text)).Count(), Is.EqualTo(violations));

    [TestCase("src/Phi4.Core/State/A.cs", "class A { void F() => Console.WriteLine(1); }", 1)]
    [TestCase("src/Phi4.Core/State/A.cs", "class A { void F() => System.Console.WriteLine(1); }", 1)]
    [TestCase("src/Phi4.Cli/A.cs", "class A { void F() => Console.WriteLine(1); }", 0)]
    public void Console_InALibrary_IsFound(string path, string text, int violations)
        => Assert.That(FileRules.KeepsOffTheConsole(new(path, text)).Count(), Is.EqualTo(violations));

    [TestCase("    // TODO: later", 1)]
    [TestCase("    throw new NotImplementedException();", 1)]
    [TestCase("    #region Fields", 1)]
    [TestCase("    [Ignore(\"flaky\")]", 1)]
    [TestCase("    // var x = Compute(y);", 1)]
    [TestCase("    // if (x > 0) {", 1)]
    [TestCase("    // }", 1)]
    [TestCase("    // One row at a time; the head follows.", 0)]
    [TestCase("    /// <summary>todo lists are fine.</summary>", 0)]
    public void Line_ThatLeavesWorkUndone_IsFound(string line, int violations)
        => Assert.That(FileRules.LeavesNothingUndone(new("src/A/B.cs", line)).Count(), Is.EqualTo(violations));
}
