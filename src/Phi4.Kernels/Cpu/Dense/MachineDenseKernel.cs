// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu.Dense;

/// <summary>
/// BF16 weights times activations rounded to BF16 by dot products in machine code: a step is one vector. Rounding and packing are C#, in whatever vectors this
/// program was compiled for.
/// </summary>
internal sealed unsafe class MachineDenseKernel<TOps, TV>(BFloat16Kernels kernels) : DenseKernel
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    public override int StepVectors => 1;

    // 60 KB of six rows; 320 KB of a block of tokens.
    public override int PanelVectors => 160;

    public override int WeightBytes => sizeof(ushort);

    // A single token, as long as the first-level cache keeps it.
    public override int? FewTokenRows(in TokenPanels tokens)
        => tokens is { TokenCount: 1, PanelCount: 1 } ? null : BFloat16Kernels.FewTokenRows(tokens.TokenCount);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Pack(float* inputs, int stepCount, byte* destination, nint stride)
    {
        for (int step = 0; step < stepCount; step++, inputs += StepInputs, destination += stride)
        {
            for (int i = 0; i < StepInputs; i += TOps.Count)
            {
                TOps.StoreBFloat16((ushort*)destination + i, TOps.Load(inputs + i));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Widen(in StoredRows rows, int stepCount, byte* panel)
    {
        for (int r = 0; r < TileRows; r++)
        {
            byte* row = rows.Row(r);
            byte* destination = panel + (r * TokenPanels.VectorBytes);
            for (int step = 0; step < stepCount; step++, row += TokenPanels.VectorBytes, destination += TileRows * TokenPanels.VectorBytes)
            {
                for (int i = 0; i < TokenPanels.VectorBytes; i += TOps.Count * sizeof(float))
                {
                    TOps.Store((float*)(destination + i), TOps.Load((float*)(row + i)));
                }
            }
        }
    }

    public override void MultiplyTiles(in TileRun run)
    {
        var arguments = new BFloat16TileArguments
        {
            Weights = (ushort*)run.Panel,
            Tokens = (ushort*)run.Tokens,
            VectorCount = run.VectorCount,
            TileCount = run.TileCount,
            Lanes = (float*)run.Lanes,
            Sums = (float*)run.Sums,
            Next = (byte*)run.Next,
            NextStride = run.NextStride,
        };
        kernels.Tiles(run.IsFirst, run.IsLast)(&arguments);
    }

    public override void FewTokens(in FewTokenRun run)
    {
        if (run is { TokenCount: 1, Next: 0 })
        {
            OneToken(run);
            return;
        }

        var arguments = new BFloat16FewTokenArguments
        {
            Row0 = (ushort*)run.Rows.Row(0),
            Row1 = (ushort*)run.Rows.Row(1),
            Row2 = (ushort*)run.Rows.Row(2),
            Row3 = (ushort*)run.Rows.Row(3),
            Tokens = (ushort*)run.Tokens,
            VectorCount = run.StepCount,
            Lanes = (float*)run.Lanes,
            Next = run.Next,
        };
        kernels.FewTokens(run.TokenCount)(&arguments);
    }

    private void OneToken(in FewTokenRun run)
    {
        var arguments = new BFloat16OneTokenArguments
        {
            Rows = (ushort*)run.Rows.Address,
            RowSkip = run.Rows.RowBytes - (run.StepCount * TokenPanels.VectorBytes),
            RowCount = run.Rows.Count,
            Token = (ushort*)run.Tokens,
            VectorCount = run.StepCount,
            Lanes = (float*)run.Lanes,
        };
        kernels.OneToken(&arguments);
    }
}
