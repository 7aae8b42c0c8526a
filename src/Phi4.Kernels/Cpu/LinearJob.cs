// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>Operands of one product. With <paramref name="Up"/> it is the gated form and <paramref name="Weight"/> is the gate.</summary>
internal readonly record struct LinearCall(
    TensorView Destination, TensorView Source, TensorView Weight, TensorView Up, TensorView Bias, LinearEpilogue Epilogue)
{
    public LinearEnd End => new(Destination, Bias, !Up.IsNone, Epilogue);
}

/// <summary>
/// source * weight^T for a share of the weight's rows. Every sum has sixteen lanes (lane = input index mod 16, index rising, the row taken as if
/// zeros followed it up to a multiple of 16) and ends in <see cref="VectorMath.Sum"/>, for one token and for many alike.
/// </summary>
internal abstract class LinearJob : Job
{
    /// <summary>Weight rows that the many-token loop widens at once; gated: half of them gate, half up.</summary>
    public const int RowsPerBlock = 12;

    private const int RowsPerClaim = 24;

    /// <summary>Inputs widened at once: with four tokens' the panel fits a 32 KiB first-level cache.</summary>
    protected const int PanelWidth = 384;

    /// <summary>Tokens whose lanes wait in scratch while the panel moves along the inputs.</summary>
    protected const int TokenBlock = 128;

    protected const int PanelFloats = RowsPerBlock * PanelWidth;
    protected const int LaneFloats = TokenBlock * RowsPerBlock * VectorMath.Lanes;

    /// <summary>Up to this many tokens the weights are read as they are stored, once for each token; from there on widened for all.</summary>
    protected const int FewTokenLimit = 4;

    /// <summary>Rows that the loop over few tokens finishes at once; a multiple of four.</summary>
    protected const int RunRows = 240;

    /// <summary>Sums of one token: of a run, gated twice. More than the many-token loop's block needs.</summary>
    protected const int SumFloats = 2 * RunRows;

    /// <summary>Bytes that a share needs.</summary>
    public static long ScratchBytes(TensorView source)
    {
        long panels = (source.Columns + PanelWidth - 1) / PanelWidth;
        return sizeof(float) * (PanelFloats + LaneFloats + SumFloats + (panels * PanelWidth * Math.Min(source.Rows, TokenBlock)));
    }

    public LinearCall Call { get; private set; }

    protected WorkClaims Claims { get; } = new();

    /// <summary>Sets what the next run does.</summary>
    public void Prepare(in LinearCall call)
    {
        Call = call;
        Claims.Reset(call.Destination.Columns, RowsPerClaim);
    }
}

/// <inheritdoc/>
internal sealed unsafe partial class LinearJob<TOps, TV>(ShareScratch scratch) : LinearJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    public override void Run(int share, int shareCount)
    {
        LinearCall call = Call;
        int unit = call.Up.IsNone ? RowsPerBlock : RowsPerBlock / 2;
        (int start, int end) = Share.Range(call.Destination.Columns, unit, share, shareCount);
        float* space = (float*)scratch[share];
        switch (call.Weight.DType)
        {
            case DType.F32:
                Run<SingleElement>(call, start, end, space);
                break;
            case DType.BF16:
                Run<BFloat16Element>(call, start, end, space);
                break;
            default:
                Run<HalfElement>(call, start, end, space);
                break;
        }
    }

    private void Run<TWeight>(in LinearCall call, int start, int end, float* space)
        where TWeight : struct, IElementType
    {
        if (call.Source.Rows <= FewTokenLimit)
        {
            while (Claims.TryTake(out start, out end))
            {
                FewTokens<TWeight>(call, start, end, space);
            }
        }
        else
        {
            ManyTokens<TWeight>(call, start, end, space);
        }
    }

    private static byte* Row<TWeight>(TensorView weight, int n)
        where TWeight : struct, IElementType
        => (byte*)weight.Address + (n * weight.RowStride * TWeight.Bytes);

    // The last width % 16 elements of a row, followed by zeros, as F32.
    private static void CopyTail<TElement>(byte* row, int start, int width, float* destination)
        where TElement : struct, IElementType
    {
        for (int i = 0; i < VectorMath.Lanes; i++)
        {
            destination[i] = start + i < width ? TElement.Load<ScalarOps, float>(row, start + i) : 0;
        }
    }
}
