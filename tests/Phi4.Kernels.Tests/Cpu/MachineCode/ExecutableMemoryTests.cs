// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

[Platform("Linux,Win")]
internal sealed unsafe class ExecutableMemoryTests
{
    [Test]
    public void TryCreate_AFunction_CanBeCalled()
    {
        Assume.That(System.Runtime.Intrinsics.X86.X86Base.X64.IsSupported, "Not an x86-64.");
        var code = new Assembler();
        code.Mov(Gpr.Rax, 42);
        code.Ret();
        using ExecutableMemory memory = CreateOrSkip(code.ToArray());
        Assert.That(((delegate* unmanaged<int>)memory.Address)(), Is.EqualTo(42));
    }

    [Test]
    [Platform("Linux")]
    public void TryCreate_Pages_AreExecutableAndNotWritable()
    {
        using ExecutableMemory memory = CreateOrSkip(new byte[10_000]);
        Assert.That(ProtectionOf(memory.Address), Is.EqualTo("r-xp"));
        Assert.That(ProtectionOf(memory.Address + 9_999), Is.EqualTo("r-xp"));
    }

    [Test]
    [Platform("Linux")]
    public void Dispose_GivesThePagesBack()
    {
        ExecutableMemory memory = CreateOrSkip(new byte[1 << 20]);
        nint address = memory.Address;
        memory.Dispose();
        Assert.That(ProtectionOf(address), Is.Not.EqualTo("r-xp"));
    }

    private static ExecutableMemory CreateOrSkip(byte[] code)
    {
        ExecutableMemory? memory = ExecutableMemory.TryCreate(code, out string? whyNot);
        Assume.That(memory, Is.Not.Null, whyNot);
        return memory!;
    }

    private static string? ProtectionOf(nint address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] parts = line.Split([' ', '-'], 4);
            if (address >= Hex(parts[0]) && address < Hex(parts[1]))
            {
                return line.Split(' ')[1];
            }
        }

        return null;
    }

    private static nint Hex(string digits) => nint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
