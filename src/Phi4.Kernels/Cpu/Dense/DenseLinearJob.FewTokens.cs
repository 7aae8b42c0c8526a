// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.Dense;

/// <content>
/// Few tokens: bound by reading the weights, which happens once for all tokens. A run of inputs that keeps the tokens' part in the first-level cache is multiplied by
/// all rows of the piece before the next; each group of rows asks for the next group's part meanwhile.
/// </content>
internal abstract unsafe partial class DenseLinearJob
{
    /// <summary>Rows of a piece: a multiple of what kernels take at once, three or four.</summary>
    private const int FewTokenClaim = 48;

    private const int FewTokenLanes = FewTokenClaim * DenseKernel.MostFewTokens * VectorMath.Lanes;
    private const int FewTokenSums = FewTokenClaim * DenseKernel.MostFewTokens;

    // Lanes, sums of both matrices, a step of each row of a group.
    private static long FewTokenScratch
        => (sizeof(float) * (FewTokenLanes + (2 * FewTokenSums))) + (DenseKernel.MostFewRows * DenseKernel.StepInputs * sizeof(float));

    private void FewTokens(int start, int count, byte* space)
    {
        float* lanes = (float*)space;
        float* sums = lanes + FewTokenLanes;
        byte* rests = (byte*)(sums + (2 * FewTokenSums));
        for (int matrix = 0; matrix < _call.MatrixCount; matrix++)
        {
            new Span<float>(lanes, FewTokenLanes).Clear();
            for (int panel = 0; panel < _tokens.PanelCount; panel++)
            {
                MultiplyFew(matrix, start, count, panel, lanes, rests);
            }

            AddLanes(count, lanes, sums + (matrix * FewTokenSums));
        }

        Finish(_call.End, new FinishedSums(0, _tokens.TokenCount, start, count, (nint)sums, (nint)(sums + FewTokenSums), FewTokenClaim));
    }

    private void MultiplyFew(int matrix, int start, int count, int panel, float* lanes, byte* rests)
    {
        int tokenCount = _tokens.TokenCount;
        int groupRows = _kernel.FewTokenRows(tokenCount);
        int firstStep = panel * _tokens.PanelVectors / _kernel.StepVectors;
        int steps = _tokens.VectorsOf(panel) / _kernel.StepVectors;
        int whole = Math.Min(steps, WholeSteps - firstStep);
        byte* tokens = _tokens.Tile(panel, 0);
        nint rowBytes = (nint)(_call.Matrix(matrix).RowStride * _kernel.WeightBytes);
        byte** rows = stackalloc byte*[DenseKernel.MostFewRows];
        for (int i = 0; i < count; i += groupRows)
        {
            Rows(matrix, start + i, start + count, firstStep, rows, groupRows);
            float* groupLanes = lanes + (i * tokenCount * VectorMath.Lanes);

            // Behind the last group comes the first of the next panel.
            nint next = i + groupRows < count ? groupRows * rowBytes : (steps * StepBytes) - (i * rowBytes);
            if (whole > 0)
            {
                _kernel.FewTokens(new FewTokenRun((nint)rows, (nint)tokens, tokenCount, whole, (nint)groupLanes, next));
            }

            if (whole < steps)
            {
                Rows(matrix, start + i, start + count, WholeSteps, rows, groupRows);
                CopyRests(rows, groupRows, rests);
                nint rest = (nint)tokens + (whole * _kernel.StepVectors * tokenCount * TokenPanels.VectorBytes);
                _kernel.FewTokens(new FewTokenRun((nint)rows, rest, tokenCount, 1, (nint)groupLanes, 0));
            }
        }
    }

    // sums[t, row] from lanes[row, t, :].
    private void AddLanes(int count, float* lanes, float* sums)
    {
        int tokenCount = _tokens.TokenCount;
        float* four = stackalloc float[4];
        for (int i = 0; i < count * tokenCount; i += 4)
        {
            VectorMath.SumFour(lanes + (i * VectorMath.Lanes)).Store(four);
            for (int j = i; j < Math.Min(i + 4, count * tokenCount); j++)
            {
                sums[(j % tokenCount * FewTokenClaim) + (j / tokenCount)] = four[j - i];
            }
        }
    }
}
