// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The loops of the quantized linears in AVX512-VNNI, which .NET has no class for: machine code written at run time and called through pointers.
/// Off with <c>PHI4_MACHINE_CODE=0</c>; the plain paths give the same bits.
/// </summary>
internal sealed unsafe class VnniKernels : IDisposable
{
    /// <summary>The variable that turns machine code off when it is 0.</summary>
    public const string Switch = "PHI4_MACHINE_CODE";

    /// <summary>Most tokens that a kernel takes at once.</summary>
    public const int MostTokens = 8;

    private const int Alignment = 64;

    private static readonly (WeightFormat Format, bool HasOffsets)[] Formats =
        [(WeightFormat.Int8, false), (WeightFormat.Int4, false), (WeightFormat.Int4, true)];

    private static readonly Lazy<(VnniKernels? Kernels, string? WhyNot)> OfTheProcess = new(() =>
    {
        VnniKernels? kernels = TryCreate(Environment.GetEnvironmentVariable(Switch), out string? whyNot);
        return (kernels, whyNot);
    });

    private readonly ExecutableMemory _memory;
    private readonly int[] _starts;

    private VnniKernels(ExecutableMemory memory, int[] starts)
    {
        _memory = memory;
        _starts = starts;
    }

    /// <summary>The process's kernels, or null; <see cref="WhyNot"/> then says why. They live as long as the process.</summary>
    public static VnniKernels? Shared => OfTheProcess.Value.Kernels;

    /// <summary>Why there are none, or null if there are.</summary>
    public static string? WhyNot => OfTheProcess.Value.WhyNot;

    /// <summary>New kernels, or null and the reason: switched off, not this processor, or memory that may not be executed.</summary>
    public static VnniKernels? TryCreate(string? switchValue, out string? whyNot) => TryCreate(switchValue, InstructionSets.HasVbmi, out whyNot);

    /// <summary>The same, in the code for processors with or without VBMI.</summary>
    public static VnniKernels? TryCreate(string? switchValue, bool hasVbmi, out string? whyNot)
    {
        whyNot = switchValue == "0" ? $"{Switch} is 0" : InstructionSets.Missing();
        if (whyNot is not null)
        {
            return null;
        }

        (byte[] code, int[] starts) = Assemble(hasVbmi);
        ExecutableMemory? memory = ExecutableMemory.TryCreate(code, out whyNot);
        return memory is null ? null : new VnniKernels(memory, starts);
    }

    /// <summary>The kernel for 1 to <see cref="MostTokens"/> tokens over weights as stored.</summary>
    public delegate* unmanaged<QuantizedArguments*, void> For(WeightFormat format, bool hasOffsets, int tokenCount)
    {
        ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
        return (delegate* unmanaged<QuantizedArguments*, void>)(_memory.Address + _starts[Variant(format, hasOffsets, tokenCount)]);
    }

    /// <summary>No pointer may be called any more.</summary>
    public void Dispose() => _memory.Dispose();

    private static (byte[] Code, int[] Starts) Assemble(bool hasVbmi)
    {
        CallingConvention convention = KernelFrame.Native;
        var bodies = new List<byte[]>();
        foreach ((WeightFormat format, bool hasOffsets) in Formats)
        {
            for (int tokenCount = 1; tokenCount <= MostTokens; tokenCount++)
            {
                bodies.Add(QuantizedKernel.Assemble(format, hasOffsets, tokenCount, convention, hasVbmi));
            }
        }

        var starts = new int[bodies.Count];
        int length = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = length;
            length += (bodies[i].Length + Alignment - 1) / Alignment * Alignment;
        }

        var code = new byte[length];
        for (int i = 0; i < starts.Length; i++)
        {
            bodies[i].CopyTo(code, starts[i]);
        }

        return (code, starts);
    }

    private static int Variant(WeightFormat format, bool hasOffsets, int tokenCount)
    {
        int group = Array.IndexOf(Formats, (format, hasOffsets));
        if (group < 0 || tokenCount is < 1 or > MostTokens)
        {
            throw new NotSupportedException($"No machine code for {format} weights {(hasOffsets ? "with" : "without")} offsets and {tokenCount} tokens.");
        }

        return (group * MostTokens) + tokenCount - 1;
    }
}
