// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics.X86;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

internal sealed class SwitchTests
{
    [Test]
    public void TryCreate_SwitchedOff_IsNothingAndSaysWhy()
    {
        Assert.That(VnniKernels.TryCreate("0", out string? whyNot), Is.Null);
        Assert.That(whyNot, Is.EqualTo("PHI4_MACHINE_CODE is 0"));
        Assert.That(BFloat16Kernels.TryCreate("0", out whyNot), Is.Null);
        Assert.That(whyNot, Is.EqualTo("PHI4_MACHINE_CODE is 0"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("1")]
    public void TryCreate_NotSwitchedOff_IsKernelsOrAReason(string? value)
    {
        using VnniKernels? kernels = VnniKernels.TryCreate(value, out string? whyNot);
        Assert.That(kernels is null, Is.EqualTo(whyNot is not null), whyNot);
        using BFloat16Kernels? dense = BFloat16Kernels.TryCreate(value, out whyNot);
        Assert.That(dense is null, Is.EqualTo(whyNot is not null), whyNot);
    }

    [Test]
    public void TryCreate_RuntimeWithoutAvx512_IsNothing()
    {
        Assume.That(Avx512F.IsSupported, Is.False, "The runtime has AVX-512; DOTNET_EnableAVX512=0 takes it away.");
        Assert.That(VnniKernels.TryCreate(null, out string? whyNot), Is.Null);
        Assert.That(whyNot, Is.EqualTo(InstructionSets.MissingForVnni()));
        Assert.That(BFloat16Kernels.TryCreate(null, out whyNot), Is.Null);
        Assert.That(whyNot, Is.EqualTo(InstructionSets.MissingForBFloat16()));
    }

    [Test]
    public void System_WhoseRuntimeUsesAvx512_SavesItsRegisters()
    {
        Assume.That(Avx512F.IsSupported, "No AVX-512 here.");
        Assert.That(InstructionSets.MissingInSystem(), Is.Null);
    }

    [Test]
    public void Shared_Always_IsKernelsOrAReason()
    {
        Assert.That(VnniKernels.Shared is null, Is.EqualTo(VnniKernels.WhyNot is not null));
        Assert.That(BFloat16Kernels.Shared is null, Is.EqualTo(BFloat16Kernels.WhyNot is not null));
    }
}
