// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench.Peers;
using Phi4.Cli.Errors;

namespace Phi4.Cli.Tests.Bench.Peers;

public sealed class PeerSpecTests
{
    [Test]
    public void Parse_ProgramAndModel_IsEnough()
    {
        PeerSpec spec = PeerSpec.Parse("llama-bench=/opt/llama-bench,models/a.gguf");
        Assert.That((spec.Name, spec.Program, spec.Model), Is.EqualTo(("llama-bench", "/opt/llama-bench", "models/a.gguf")));
        Assert.That(spec.Flags, Is.Empty);
    }

    [Test]
    public void Parse_Phi4_IsAnotherKind()
    {
        PeerSpec spec = PeerSpec.Parse("phi4=artifacts/native/phi4,models/a");
        Assert.That((spec.Kind, spec.Name, spec.Program, spec.Model), Is.EqualTo((PeerKind.Phi4, "phi4", "artifacts/native/phi4", "models/a")));
    }

    [Test]
    public void Parse_NameAndFlags_InAnyOrder()
    {
        string[] flags = ["-rtr", "1", "-ts", "3,1", "-fa", "0"];
        foreach (string rest in new[] { "name=ik,flags=-rtr 1 -ts 3,1 -fa 0", "flags=-rtr 1 -ts 3,1 -fa 0,name=ik" })
        {
            PeerSpec spec = PeerSpec.Parse($"llama-bench=a,b,{rest}");
            Assert.That(spec.Name, Is.EqualTo("ik"));
            Assert.That(spec.Flags, Is.EqualTo(flags).AsCollection);
        }
    }

    [TestCase("")]
    [TestCase("llama-bench")]
    [TestCase("llama-bench=a")]
    [TestCase("llama-bench=,b")]
    [TestCase("llama-bench=a,")]
    [TestCase("phi4=a")]
    [TestCase("vllm=a,b")]
    [TestCase("llama-bench=a,b,c")]
    [TestCase("llama-bench=a,b,name=")]
    public void Parse_AnythingElse_IsRefusedWithTheShape(string text) =>
        Assert.That(
            () => PeerSpec.Parse(text),
            Throws.TypeOf<CommandException>().With.Message.Contains(PeerSpec.Shape).And.Property(nameof(CommandException.ExitCode)).EqualTo(2));

    [Test]
    public void Distinct_SameNames_AreNumbered()
    {
        PeerSpec one = PeerSpec.Parse("llama-bench=a,b");
        PeerSpec other = PeerSpec.Parse("llama-bench=a,b,name=ik");
        Assert.That(
            PeerSpec.Distinct([one, other, one, one]).Select(spec => spec.Name),
            Is.EqualTo(new[] { "llama-bench", "ik", "llama-bench 2", "llama-bench 3" }).AsCollection);
    }
}
