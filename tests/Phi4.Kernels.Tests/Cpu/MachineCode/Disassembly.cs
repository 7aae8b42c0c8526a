// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Phi4.Kernels.Tests.Cpu.MachineCode;

/// <summary>What an independent disassembler reads in our bytes.</summary>
internal static class Disassembly
{
    public static List<Instruction> Decode(byte[] code)
    {
        var decoder = Decoder.Create(64, code);
        var instructions = new List<Instruction>();
        while (decoder.IP < (ulong)code.Length)
        {
            instructions.Add(decoder.Decode());
        }

        return instructions;
    }

    /// <summary>NASM's spelling, a line an instruction.</summary>
    public static string[] Lines(byte[] code)
    {
        var formatter = new NasmFormatter { Options = { SpaceAfterOperandSeparator = true, SpaceBetweenMemoryAddOperators = true, } };
        formatter.Options.NumberBase = NumberBase.Decimal;
        return [.. Decode(code).Select(instruction =>
        {
            var output = new StringOutput();
            formatter.Format(in instruction, output);
            return output.ToStringAndReset();
        })];
    }
}
