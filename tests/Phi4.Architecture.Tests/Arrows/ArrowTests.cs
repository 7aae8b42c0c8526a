// SPDX-License-Identifier: MIT
namespace Phi4.Architecture.Tests.Arrows;

[TestFixture]
internal sealed class ArrowTests
{
    private static readonly Lazy<SourceModel> House = new(() => new SourceModel(RepositoryFiles.All(".cs", "src")));

    [Test]
    public void Sources_OfTheHouse_FollowTheTable() => ViolationAssert.None(House.Value.ForbiddenArrows());

    [Test]
    public void Sources_OfTheHouse_AreSealed() => ViolationAssert.None(House.Value.UnsealedClasses());

    [Test]
    public void Sources_OfTheHouse_LeaveNoNameUnresolved() => ViolationAssert.None(House.Value.UnresolvedNames());

    [Test]
    public void Table_OfRooms_HasNoCircle()
    {
        foreach (var room in Rooms.MayUse.Keys)
            Assert.That(Reachable(room), Does.Not.Contain(room), $"{room} reaches itself");
    }

    [Test]
    public void Table_OfRooms_IsTheOneInTheDocument()
    {
        var rows = RepositoryFiles.Read("docs/architecture.md").Text.Split('\n').Where(line => line.StartsWith("| `Phi4", StringComparison.Ordinal)).ToList();
        foreach (var room in Rooms.MayUse.Keys.Where(room => room != Rooms.DType))
            Assert.That(rows.Where(row => row.Split('|')[1].Contains($"`{room}`", StringComparison.Ordinal)), Has.Exactly(1).Items, $"docs/architecture.md lacks a row for {room}");
    }

    [Test]
    public void Arrow_ByUsingLine_IsFound()
    {
        var model = Model(
            ("src/Phi4.Core/Scheduling/Scheduler.cs", "using Phi4.Core.Model;\nnamespace Phi4.Core.Scheduling;\ninternal sealed class Scheduler;"),
            ("src/Phi4.Core/Model/Transformer.cs", "namespace Phi4.Core.Model;\ninternal sealed class Transformer;"));

        Assert.That(model.ForbiddenArrows(), Is.EqualTo((Violation[])
            [new("src/Phi4.Core/Scheduling/Scheduler.cs", 1, "Phi4.Core.Scheduling may not use Phi4.Core.Model")]));
    }

    [Test]
    public void Arrow_ByQualifiedNameWithoutUsingLine_IsFound()
    {
        var model = Model(
            ("src/Phi4.Core/State/KvCache.cs", "namespace Phi4.Core.State;\ninternal sealed class KvCache { Weights.Reader? _reader; }"),
            ("src/Phi4.Core/Weights/Reader.cs", "namespace Phi4.Core.Weights;\ninternal sealed class Reader;"));

        Assert.That(model.ForbiddenArrows().Select(v => v.Reason), Is.EqualTo((string[])["Phi4.Core.State may not use Phi4.Core.Weights (Reader)"]));
    }

    [Test]
    public void Arrow_ByMemberOfAnInferredType_IsFound()
    {
        var model = Model(
            ("src/Phi4.Cli/Command.cs", "namespace Phi4.Cli;\ninternal sealed class Command { int Size(Phi4Model model) => model.View.Size; }"),
            ("src/Phi4.Core/Phi4Model.cs", "namespace Phi4;\npublic sealed class Phi4Model { public Phi4.Kernels.TensorView View => new(); }"),
            ("src/Phi4.Kernels/TensorView.cs", "namespace Phi4.Kernels;\npublic sealed class TensorView { public int Size => 1; }"));

        Assert.That(model.ForbiddenArrows().Select(v => v.Reason), Is.EqualTo((string[])["Phi4.Cli may not use Phi4.Kernels (Size)"]));
    }

    [TestCase("src/Phi4.Core/GenerationOptions.cs", "namespace Phi4;\npublic sealed class GenerationOptions { internal Phi4.Core.Model.Peer? Peer; }")]
    [TestCase("src/Phi4.Kernels/Cpu/CpuKernels.cs", "namespace Phi4.Kernels.Cpu;\ninternal sealed class CpuKernels { Phi4.Core.Model.Peer? _peer; }")]
    [TestCase("src/Phi4.Tokenizer/Vocabulary.cs", "namespace Phi4.Tokenizer;\ninternal sealed class Vocabulary { Phi4.Core.Model.Peer? _peer; }")]
    public void Arrow_FromALowRoomUp_IsFound(string path, string text)
    {
        var model = Model((path, text), ("src/Phi4.Core/Model/Peer.cs", "namespace Phi4.Core.Model;\npublic sealed class Peer;"));
        Assert.That(model.ForbiddenArrows().Count(), Is.EqualTo(1));
    }

    [Test]
    public void Arrow_OfTheTable_IsAccepted()
    {
        var model = Model(
            ("src/Phi4.Core/Model/Transformer.cs", "using Phi4.Core.State;\nnamespace Phi4.Core.Model;\ninternal sealed class Transformer { KvCache? _cache; }"),
            ("src/Phi4.Core/State/KvCache.cs", "namespace Phi4.Core.State;\ninternal sealed class KvCache;"));
        Assert.That(model.ForbiddenArrows(), Is.Empty);
    }

    [Test]
    public void Name_OfANumberFormat_IsAcceptedWhereArithmeticIsNot()
    {
        var model = Model(
            ("src/Phi4.Core/Configuration/ModelConfig.cs", "using Phi4.Kernels;\nnamespace Phi4.Core.Configuration;\ninternal sealed class ModelConfig { DType _type; TensorView? _view; }"),
            ("src/Phi4.Kernels/DType.cs", "namespace Phi4.Kernels;\npublic enum DType { F32 }"),
            ("src/Phi4.Kernels/TensorView.cs", "namespace Phi4.Kernels;\ninternal sealed class TensorView;"));
        Assert.That(model.ForbiddenArrows().Select(v => v.Reason), Is.EqualTo((string[])["Phi4.Core.Configuration may not use Phi4.Kernels (TensorView)"]));
    }

    [Test]
    public void Room_NotInTheTable_IsFound()
    {
        var model = Model(("src/Phi4.Core/Helpers/Misc.cs", "namespace Phi4.Core.Helpers;\ninternal sealed class Misc;"));
        Assert.That(model.ForbiddenArrows().Single().Reason, Does.Contain("Phi4.Core.Helpers is not in the table"));
    }

    [Test]
    public void Class_OpenWithoutHeirs_IsFound()
    {
        var model = Model(("src/Phi4.Core/State/Page.cs", "namespace Phi4.Core.State;\ninternal class Open;\ninternal class Base;\ninternal sealed class Heir : Base;"));
        Assert.That(model.UnsealedClasses().Single().Reason, Does.Contain("class Open"));
    }

    [Test]
    public void Name_ThatLeadsNowhere_IsFound()
    {
        var model = Model(("src/Phi4.Core/State/Page.cs", "namespace Phi4.Core.State;\ninternal sealed class Page { Missing? _missing; }"));
        Assert.That(model.UnresolvedNames().Single().Reason, Does.Contain("Missing"));
    }

    private static SourceModel Model(params (string Path, string Text)[] files) => new(files.Select(file => new RepositoryFile(file.Path, file.Text)));

    private static HashSet<string> Reachable(string room)
    {
        var seen = new HashSet<string>();
        var open = new Stack<string>(Rooms.MayUse[room]);
        while (open.TryPop(out var next))
        {
            if (seen.Add(next))
                foreach (var further in Rooms.MayUse[next])
                    open.Push(further);
        }

        return seen;
    }
}
