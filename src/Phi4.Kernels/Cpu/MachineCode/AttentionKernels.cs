// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The products of attention over a cache of BF16 or of codes in AVX512-BF16, which .NET has no class for. Off with <c>PHI4_MACHINE_CODE=0</c>; the plain paths give the same bits.
/// </summary>
internal sealed unsafe class AttentionKernels : IDisposable
{
    /// <summary>Most rows of a kernel.</summary>
    public const int Rows = 4;

    /// <summary>Most vectors of columns of a weighing kernel.</summary>
    public const int MostColumns = 4;

    /// <summary>Pairs that the score kernels take at once: rows are a multiple of it long.</summary>
    public const int PairUnit = 4;

    /// <summary>From a row of scores or weights to the next: 256 floats.</summary>
    public const int RowBytes = 1024;

    private static readonly Lazy<AttentionKernels?> OfTheProcess = new(() => TryCreate(Environment.GetEnvironmentVariable(BodyTable.Switch), out _));

    private readonly BodyTable _bodies;

    private AttentionKernels(BodyTable bodies) => _bodies = bodies;

    /// <summary>The process's kernels, or null. They live as long as the process.</summary>
    public static AttentionKernels? Shared => OfTheProcess.Value;

    /// <summary>New kernels, or null and the reason: switched off, not this processor, or memory that may not be executed.</summary>
    public static AttentionKernels? TryCreate(string? switchValue, out string? whyNot)
    {
        whyNot = switchValue == "0" ? $"{BodyTable.Switch} is 0" : InstructionSets.MissingForBFloat16();
        if (whyNot is not null)
        {
            return null;
        }

        BodyTable? bodies = BodyTable.TryCreate(Assemble(), out whyNot);
        return bodies is null ? null : new AttentionKernels(bodies);
    }

    /// <summary>Scores of 1 to <see cref="Rows"/> rows. Short enough to run without telling the garbage collector.</summary>
    public delegate* unmanaged[SuppressGCTransition]<PairScoreArguments*, void> Score(int rows, bool isCodes)
        => (delegate* unmanaged[SuppressGCTransition]<PairScoreArguments*, void>)_bodies.Body(First(isCodes) + rows - 1);

    /// <summary>Weighed values of 1 to <see cref="Rows"/> rows and 1 to <see cref="MostColumns"/> vectors of columns.</summary>
    public delegate* unmanaged[SuppressGCTransition]<PairWeighArguments*, void> Weigh(int rows, int columns, bool isCodes)
        => (delegate* unmanaged[SuppressGCTransition]<PairWeighArguments*, void>)_bodies.Body(First(isCodes) + Rows + ((rows - 1) * MostColumns) + columns - 1);

    /// <summary>No pointer may be called any more.</summary>
    public void Dispose() => _bodies.Dispose();

    private static int First(bool isCodes) => isCodes ? Rows * (1 + MostColumns) : 0;

    private static List<byte[]> Assemble()
    {
        CallingConvention convention = KernelFrame.Native;
        var bodies = new List<byte[]>();
        foreach (bool isCodes in new[] { false, true })
        {
            for (int rows = 1; rows <= Rows; rows++)
            {
                bodies.Add(PairScoreKernel.Assemble(rows, isCodes, convention));
            }

            for (int rows = 1; rows <= Rows; rows++)
            {
                for (int columns = 1; columns <= MostColumns; columns++)
                {
                    bodies.Add(PairWeighKernel.Assemble(rows, columns, isCodes, convention));
                }
            }
        }

        return bodies;
    }
}
