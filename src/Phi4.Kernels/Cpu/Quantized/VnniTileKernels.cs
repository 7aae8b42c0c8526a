// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>Kernels in machine code, one for each number of tokens; more tokens go in groups as equal as can be.</summary>
internal sealed class VnniTileKernels : TileKernels
{
    private readonly Dictionary<(WeightFormat Format, bool HasOffsets), TileKernel[]> _kernels = [];

    public VnniTileKernels(VnniKernels kernels)
    {
        foreach ((WeightFormat format, bool hasOffsets) in new[] { (WeightFormat.Int8, false), (WeightFormat.Int4, false), (WeightFormat.Int4, true) })
        {
            _kernels.Add(
                (format, hasOffsets),
                [.. Enumerable.Range(1, VnniKernels.MostTokens).Select(count => new VnniTileKernel(kernels, format, hasOffsets, count))]);
        }
    }

    public override TileKernel For(in WeightView weight, int tokenCount)
    {
        int groups = (tokenCount + VnniKernels.MostTokens - 1) / VnniKernels.MostTokens;
        return _kernels[(weight.Format, weight.HasOffsets)][((tokenCount + groups - 1) / groups) - 1];
    }
}
