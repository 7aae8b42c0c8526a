// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

internal static class VnniTest
{
    public static VnniKernels KernelsOrSkip(bool hasVbmi = false)
    {
        Assume.That(!hasVbmi || InstructionSets.HasVbmi, "No VBMI here.");
        VnniKernels? kernels = VnniKernels.TryCreate(null, hasVbmi, out string? whyNot);
        Assume.That(kernels, Is.Not.Null, $"No machine code here: {whyNot}.");
        return kernels!;
    }

    public static void AssertSameBits(float[] found, float[] expected)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(found[i]) != BitConverter.SingleToInt32Bits(expected[i]) && !(float.IsNaN(found[i]) && float.IsNaN(expected[i])))
            {
                Assert.Fail($"[token {i / 16}, row {i % 16} of its tile] expected {expected[i]:R}, found {found[i]:R}");
            }
        }
    }
}
