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

    /// <summary>Tokens that the panel kernel takes at once.</summary>
    public const int PanelTokens = 6;

    /// <summary>Tiles of sixteen rows that the panel kernel takes at once.</summary>
    public const int PanelTiles = 2;

    /// <summary>Most tokens that the few-token kernels take at once.</summary>
    public const int MostFewTokens = 8;

    private const int PanelVariants = 2;
    private const int Alignment = 64;

    private static readonly (WeightFormat Format, bool HasOffsets)[] FewTokenFormats =
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

    /// <summary>The many-token kernel.</summary>
    public delegate* unmanaged<PanelArguments*, void> Panel(bool hasOffsets)
        => (delegate* unmanaged<PanelArguments*, void>)Body(hasOffsets ? 1 : 0);

    /// <summary>The kernel for 1 to <see cref="MostFewTokens"/> tokens over weights as stored.</summary>
    public delegate* unmanaged<FewTokenArguments*, void> FewTokens(WeightFormat format, bool hasOffsets, int tokenCount)
        => (delegate* unmanaged<FewTokenArguments*, void>)Body(FewTokenVariant(format, hasOffsets, tokenCount));

    /// <summary>No pointer may be called any more.</summary>
    public void Dispose() => _memory.Dispose();

    private static (byte[] Code, int[] Starts) Assemble(bool hasVbmi)
    {
        CallingConvention convention = KernelFrame.Native;
        List<byte[]> bodies = [PanelKernel.Assemble(hasOffsets: false, convention), PanelKernel.Assemble(hasOffsets: true, convention)];
        foreach ((WeightFormat format, bool hasOffsets) in FewTokenFormats)
        {
            for (int tokenCount = 1; tokenCount <= MostFewTokens; tokenCount++)
            {
                bodies.Add(FewTokenKernel.Assemble(format, hasOffsets, tokenCount, convention, hasVbmi));
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

    private static int FewTokenVariant(WeightFormat format, bool hasOffsets, int tokenCount)
    {
        int group = Array.IndexOf(FewTokenFormats, (format, hasOffsets));
        if (group < 0 || tokenCount is < 1 or > MostFewTokens)
        {
            throw new NotSupportedException($"No machine code for {format} weights {(hasOffsets ? "with" : "without")} offsets and {tokenCount} tokens.");
        }

        return PanelVariants + (group * MostFewTokens) + tokenCount - 1;
    }

    private void* Body(int variant)
    {
        ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
        return (void*)(_memory.Address + _starts[variant]);
    }
}
