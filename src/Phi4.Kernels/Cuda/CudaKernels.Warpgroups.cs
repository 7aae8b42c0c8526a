// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Cuda;

/// <content>Hopper's products of warpgroups: the maps of their operands, and whether they may be used.</content>
internal sealed partial class CudaKernels
{
    // Several products in each of eight segments, two warpgroups' rows.
    private const int TrialColumns = 1024;
    private const int TrialRows = 128;

    private nint WeightMap(TensorView weight) => _maps.Of(new TensorBoxes(
        weight.Address, weight.Rows, weight.Columns, weight.RowStride, LinearPlan.WarpgroupsBoxRows, LinearPlan.WarpgroupsBoxColumns, IsSwizzled: false));

    // As many rows as there is memory for, so that one map serves any number of tokens: what other calls left in the rows behind concerns nobody.
    private nint SourceMap(in Operand rows, int columns)
    {
        int stride = RoundedStride(columns);
        int room = (int)Math.Min(int.MaxValue, _rounded.ByteCount / (stride * sizeof(ushort)));
        return _maps.Of(new TensorBoxes(rows.Address, room, stride, stride, LinearPlan.TileTokenCount, LinearPlan.WarpgroupsStageColumns, IsSwizzled: true));
    }

    /// <summary>
    /// Multiplies random numbers both ways. The order of every sum that these kernels write down is the same; how a device adds up inside one product is
    /// its own affair, and this asks it. Magnitudes differ by up to 2^12, so that another order or another width of an adder shows.
    /// </summary>
    private unsafe bool WarpgroupsGiveTheSameBits()
    {
        var random = new Random(90);
        float[] numbers = new float[TrialRows * TrialColumns];
        ushort[] weights = new ushort[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (random.NextSingle() - 0.5f) * MathF.ScaleB(1, random.Next(7));
            weights[i] = BFloat16.FromSingle((random.NextSingle() - 0.5f) * MathF.ScaleB(1, random.Next(7)));
        }

        const int Results = TrialRows * TrialRows;
        using DeviceBuffer memory = DeviceBuffer.Allocate(_context, (numbers.Length * 6) + (Results * 2 * sizeof(float)), "a trial of products of warpgroups");
        TensorView source = memory.View(DType.F32, TrialRows, TrialColumns);
        TensorView weight = memory.View(DType.BF16, TrialRows, TrialColumns, source.ByteCount);
        TensorView byWarps = memory.View(DType.F32, TrialRows, TrialRows, source.ByteCount + weight.ByteCount);
        TensorView byWarpgroups = byWarps with { Address = byWarps.Address + (Results * sizeof(float)) };
        _staging.Write(source.Address, MemoryMarshal.AsBytes(numbers.AsSpan()));
        _staging.Write(weight.Address, MemoryMarshal.AsBytes(weights.AsSpan()));
        Multiply(LinearPlan.Of(source, weight, TensorView.None, rounds: true, int.MaxValue, hasWarpgroups: false), byWarps);
        Multiply(LinearPlan.OfTiles(1, byWarpgroups: true), byWarpgroups);
        byte[] results = new byte[Results * 2 * sizeof(float)];
        _staging.Read(results, byWarps.Address);
        return results.AsSpan(0, results.Length / 2).SequenceEqual(results.AsSpan(results.Length / 2));

        void Multiply(LinearPlan plan, TensorView destination)
            => this.Multiply(plan, destination, source, RowNorm.None, weight, WeightView.None, TensorView.None, LinearEpilogue.None);
    }
}
