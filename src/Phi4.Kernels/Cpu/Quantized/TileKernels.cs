// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>Which kernel multiplies by which weights.</summary>
internal abstract class TileKernels
{
    /// <summary>The kernel for these weights and so many tokens.</summary>
    public abstract TileKernel For(in WeightView weight, int tokenCount);
}

/// <summary>C# kernels of one vector width, by the best products that the machine has.</summary>
internal sealed class TileKernels<TOps, TV, TInt, TI> : TileKernels
    where TOps : struct, IVectorOps<TV>
    where TV : struct
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
{
    private readonly Pair _int8 = TInt.HasQuadProducts ? Make<Int8Quads<TInt, TI, TV>>() : Make<Int8Pairs<TInt, TI, TV>>();
    private readonly Pair _int4 = TInt.HasQuadProducts ? Make<Int4Quads<TInt, TI, TV>>() : Make<Int4Pairs<TInt, TI, TV>>();
    private readonly Pair _int4Bytes = Make<Int4Bytes<TInt, TI, TV>>();

    public override TileKernel For(in WeightView weight, int tokenCount)
    {
        Pair kernels = weight.Format == WeightFormat.Int8 ? _int8
            : !TInt.HasQuadProducts && Int4Bytes<TInt, TI, TV>.Takes(weight) ? _int4Bytes
            : _int4;
        return tokenCount == 1 ? kernels.OneToken : kernels.ManyTokens;
    }

    private static Pair Make<TRoute>()
        where TRoute : struct, IWeightRoute<TI>
        => new(
            new StoredTileKernel<TOps, TV, TInt, TI, TRoute>(1),
            new StoredTileKernel<TOps, TV, TInt, TI, TRoute>(StoredTileKernel<TOps, TV, TInt, TI, TRoute>.ManyTokens));

    private sealed record Pair(TileKernel OneToken, TileKernel ManyTokens);
}
