// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>Kernels in machine code: one for each number of few tokens, one for many.</summary>
internal sealed class VnniTileKernels<TOps, TV, TInt, TI> : TileKernels
    where TOps : struct, IVectorOps<TV>
    where TV : struct
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
{
    private readonly Dictionary<(WeightFormat Format, bool HasOffsets), TileKernel[]> _few = [];
    private readonly VnniPanelKernel<TOps, TV, TInt, TI> _many;

    public VnniTileKernels(VnniKernels kernels)
    {
        _many = new VnniPanelKernel<TOps, TV, TInt, TI>(kernels);
        foreach ((WeightFormat format, bool hasOffsets) in new[] { (WeightFormat.Int8, false), (WeightFormat.Int4, false), (WeightFormat.Int4, true) })
        {
            _few.Add((format, hasOffsets), [.. Enumerable.Range(1, VnniKernels.MostFewTokens).Select(count => new VnniFewTokenKernel(kernels, format, hasOffsets, count))]);
        }
    }

    public override TileKernel For(in WeightView weight, int tokenCount)
        => tokenCount <= VnniKernels.MostFewTokens ? _few[(weight.Format, weight.Offsets != 0)][tokenCount - 1] : _many;
}
