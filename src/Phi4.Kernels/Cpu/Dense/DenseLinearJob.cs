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

    private int FirstStep(int panel) => panel * _tokens.PanelVectors / _kernel.StepVectors;

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

    // Rows n to end from a step on, at most so many.
    private StoredRows RowsAt(int matrix, int n, int end, int most, int step)
    {
        TensorView weight = _call.Matrix(matrix);
        nint rowBytes = (nint)(weight.RowStride * _kernel.WeightBytes);
        return new StoredRows(weight.Address + (n * rowBytes) + (step * StepBytes), rowBytes, Math.Min(most, end - n));
    }

    // The rows' last inputs, each followed by zeros up to a whole step.
    private StoredRows CopyRests(in StoredRows rows, byte* rests)
    {
        int bytes = Rest * _kernel.WeightBytes;
        var copies = new StoredRows((nint)rests, StepBytes, rows.Count);
        for (int r = 0; r < rows.Count; r++)
        {
            new ReadOnlySpan<byte>(rows.Row(r), bytes).CopyTo(new Span<byte>(copies.Row(r), bytes));
            new Span<byte>(copies.Row(r) + bytes, StepBytes - bytes).Clear();
        }

        return copies;
    }
}

/// <inheritdoc/>
internal sealed class DenseLinearJob<TOps, TV>(ShareScratch scratch) : DenseLinearJob(scratch)
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    protected override void Finish(in LinearEnd end, in FinishedSums sums) => LinearEnd<TOps, TV>.Finish(end, sums);
}
