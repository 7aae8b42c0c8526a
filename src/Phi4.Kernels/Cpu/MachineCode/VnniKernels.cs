// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The loops of the quantized linears in AVX512-VNNI, which .NET has no class for: machine code written at run time and called through pointers.
/// Off with <c>PHI4_MACHINE_CODE=0</c>; the plain paths give the same bits.
/// </summary>
internal sealed unsafe class VnniKernels : IDisposable
{
    /// <summary>Most tokens that a kernel takes at once.</summary>
    public const int MostTokens = 8;

    private static readonly (WeightFormat Format, bool HasOffsets)[] Formats =
        [(WeightFormat.Int8, false), (WeightFormat.Int4, false), (WeightFormat.Int4, true)];

    private static readonly Lazy<(VnniKernels? Kernels, string? WhyNot)> OfTheProcess = new(() =>
    {
        VnniKernels? kernels = TryCreate(Environment.GetEnvironmentVariable(BodyTable.Switch), out string? whyNot);
        return (kernels, whyNot);
    });

    private readonly BodyTable _bodies;

    private VnniKernels(BodyTable bodies) => _bodies = bodies;

    /// <summary>The process's kernels, or null; <see cref="WhyNot"/> then says why. They live as long as the process.</summary>
    public static VnniKernels? Shared => OfTheProcess.Value.Kernels;

    /// <summary>Why there are none, or null if there are.</summary>
    public static string? WhyNot => OfTheProcess.Value.WhyNot;

    /// <summary>New kernels, or null and the reason: switched off, not this processor, or memory that may not be executed.</summary>
    public static VnniKernels? TryCreate(string? switchValue, out string? whyNot) => TryCreate(switchValue, InstructionSets.HasVbmi, out whyNot);

    /// <summary>The same, in the code for processors with or without VBMI.</summary>
    public static VnniKernels? TryCreate(string? switchValue, bool hasVbmi, out string? whyNot)
    {
        whyNot = switchValue == "0" ? $"{BodyTable.Switch} is 0" : InstructionSets.MissingForVnni();
        if (whyNot is not null)
        {
            return null;
        }

        BodyTable? bodies = BodyTable.TryCreate(Assemble(hasVbmi), out whyNot);
        return bodies is null ? null : new VnniKernels(bodies);
    }

    /// <summary>The kernel for 1 to <see cref="MostTokens"/> tokens over weights as stored.</summary>
    public delegate* unmanaged<QuantizedArguments*, void> For(WeightFormat format, bool hasOffsets, int tokenCount)
        => (delegate* unmanaged<QuantizedArguments*, void>)_bodies.Body(Variant(format, hasOffsets, tokenCount));

    /// <summary>No pointer may be called any more.</summary>
    public void Dispose() => _bodies.Dispose();

    private static List<byte[]> Assemble(bool hasVbmi)
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

        return bodies;
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
