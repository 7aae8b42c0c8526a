// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Dense;

/// <summary>
/// Tokens, packed before, times weights of plain floats. Shares take pieces of rows. Every sum has sixteen lanes (docs/numerics.md) and ends in
/// <see cref="VectorMath.Sum"/>, for one token and for many alike; lanes that wait in scratch are stored and loaded, which changes no bit.
/// </summary>
internal abstract unsafe partial class DenseLinearJob(ShareScratch scratch) : Job
{
    private readonly WorkClaims _claims = new();
    private DenseCall _call;
    private TokenPanels _tokens;
    private DenseKernel _kernel = null!;
    private int _pieceRows;

    private bool IsFew => _tokens.TokenCount <= DenseKernel.MostFewTokens;

    // Steps of which the rows hold all 32 inputs; one more where a rest is left.
    private int WholeSteps => _call.Weight.Columns / DenseKernel.StepInputs;

    private int Rest => _call.Weight.Columns % DenseKernel.StepInputs;

    private int StepBytes => DenseKernel.StepInputs * _kernel.WeightBytes;

    /// <summary>Sets the operands and cuts the work. Caller's thread.</summary>
    public void Prepare(in DenseCall call, in TokenPanels tokens, DenseKernel kernel, int shares)
    {
        _call = call;
        _tokens = tokens;
        _kernel = kernel;
        _pieceRows = IsFew ? FewTokenClaim(shares) : ManyTokenClaim;
        _claims.Reset(call.Weight.Rows, _pieceRows, shares);
        scratch.Reserve(shares, IsFew ? FewTokenScratch : ManyTokenScratch);
    }

    public override void Run(int share, int shareCount)
    {
        while (_claims.TryTake(share, out int start, out int end))
        {
            if (IsFew)
            {
                FewTokens(start, end - start, scratch[share]);
            }
            else
            {
                ManyTokens(start, end - start, scratch[share]);
            }
        }
    }

    /// <summary>Destination from finished sums.</summary>
    protected abstract void Finish(in LinearEnd end, in FinishedSums sums);

    // Rows n, n + 1, ... from a step on. Rows past the end repeat the last one; their sums are dropped.
    private void Rows(int matrix, int n, int end, int step, byte** rows, int count)
    {
        TensorView weight = _call.Matrix(matrix);
        for (int r = 0; r < count; r++)
        {
            long element = (Math.Min(n + r, end - 1) * weight.RowStride) + ((long)step * DenseKernel.StepInputs);
            rows[r] = (byte*)weight.Address + (element * _kernel.WeightBytes);
        }
    }

    // The rows' last inputs, followed by zeros up to a whole step; the rows then point there.
    private void CopyRests(byte** rows, int count, byte* rests)
    {
        int bytes = Rest * _kernel.WeightBytes;
        for (int r = 0; r < count; r++, rests += StepBytes)
        {
            new ReadOnlySpan<byte>(rows[r], bytes).CopyTo(new Span<byte>(rests, bytes));
            new Span<byte>(rests + bytes, StepBytes - bytes).Clear();
            rows[r] = rests;
        }
    }
}

/// <inheritdoc/>
internal sealed class DenseLinearJob<TOps, TV>(ShareScratch scratch) : DenseLinearJob(scratch)
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    protected override void Finish(in LinearEnd end, in FinishedSums sums) => LinearEnd<TOps, TV>.Finish(end, sums);
}
