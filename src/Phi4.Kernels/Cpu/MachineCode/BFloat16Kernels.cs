// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>
/// The loops of the linears with BF16 weights in AVX512-BF16, which .NET has no class for: machine code written at run time and called through pointers.
/// Off with <c>PHI4_MACHINE_CODE=0</c>; docs/numerics.md says in which rare case the plain paths give other bits.
/// </summary>
internal sealed unsafe class BFloat16Kernels : IDisposable
{
    /// <summary>Tokens of a tile of the many-token kernel.</summary>
    public const int TileTokens = 4;

    /// <summary>Rows of a tile of the many-token kernel.</summary>
    public const int TileRows = 6;

    /// <summary>Floats from the sums of one token of a tile to those of the next.</summary>
    public const int SumStride = 56;

    /// <summary>Most tokens that the few-token kernels take at once.</summary>
    public const int MostFewTokens = 8;

    // Among the bodies: four of the many-token kernel, then those for few tokens, then the one for one.
    private const int FirstFewToken = 4;
    private const int OneTokenBody = FirstFewToken + MostFewTokens;

    private static readonly Lazy<(BFloat16Kernels? Kernels, string? WhyNot)> OfTheProcess = new(() =>
    {
        BFloat16Kernels? kernels = TryCreate(Environment.GetEnvironmentVariable(BodyTable.Switch), out string? whyNot);
        return (kernels, whyNot);
    });

    private readonly BodyTable _bodies;

    private BFloat16Kernels(BodyTable bodies) => _bodies = bodies;

    /// <summary>The process's kernels, or null; <see cref="WhyNot"/> then says why. They live as long as the process.</summary>
    public static BFloat16Kernels? Shared => OfTheProcess.Value.Kernels;

    /// <summary>Why there are none, or null if there are.</summary>
    public static string? WhyNot => OfTheProcess.Value.WhyNot;

    /// <summary>Rows that the few-token kernel for so many tokens takes at once: as many as leave registers for their sums.</summary>
    public static int FewTokenRows(int tokenCount) => tokenCount <= 6 ? 4 : 3;

    /// <summary>New kernels, or null and the reason: switched off, not this processor, or memory that may not be executed.</summary>
    public static BFloat16Kernels? TryCreate(string? switchValue, out string? whyNot)
    {
        whyNot = switchValue == "0" ? $"{BodyTable.Switch} is 0" : InstructionSets.MissingForBFloat16();
        if (whyNot is not null)
        {
            return null;
        }

        CallingConvention convention = KernelFrame.Native;
        List<byte[]> bodies =
        [
            BFloat16TileKernel.Assemble(isFirst: false, isLast: false, convention),
            BFloat16TileKernel.Assemble(isFirst: true, isLast: false, convention),
            BFloat16TileKernel.Assemble(isFirst: false, isLast: true, convention),
            BFloat16TileKernel.Assemble(isFirst: true, isLast: true, convention),
            .. Enumerable.Range(1, MostFewTokens).Select(tokenCount => BFloat16FewTokenKernel.Assemble(tokenCount, convention)),
            BFloat16OneTokenKernel.Assemble(convention),
        ];
        BodyTable? table = BodyTable.TryCreate(bodies, out whyNot);
        return table is null ? null : new BFloat16Kernels(table);
    }

    /// <summary>The many-token kernel: first, the sums start at zero; last, they are finished.</summary>
    public delegate* unmanaged<BFloat16TileArguments*, void> Tiles(bool isFirst, bool isLast)
        => (delegate* unmanaged<BFloat16TileArguments*, void>)_bodies.Body((isFirst ? 1 : 0) + (isLast ? 2 : 0));

    /// <summary>The kernel for 1 to <see cref="MostFewTokens"/> tokens.</summary>
    public delegate* unmanaged<BFloat16FewTokenArguments*, void> FewTokens(int tokenCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokenCount, MostFewTokens);
        return (delegate* unmanaged<BFloat16FewTokenArguments*, void>)_bodies.Body(FirstFewToken + tokenCount - 1);
    }

    /// <summary>The kernel for one token and rows one after the other.</summary>
    public delegate* unmanaged<BFloat16OneTokenArguments*, void> OneToken => (delegate* unmanaged<BFloat16OneTokenArguments*, void>)_bodies.Body(OneTokenBody);

    /// <summary>No pointer may be called any more.</summary>
    public void Dispose() => _bodies.Dispose();
}
