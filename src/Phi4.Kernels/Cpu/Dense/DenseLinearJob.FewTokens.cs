// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.Dense;

/// <content>
/// Few tokens: bound by reading the weights, which happens once for all tokens. A run of inputs that keeps the tokens' part in the first-level cache is multiplied by
/// all rows of the piece before the next. A kernel takes all rows of the piece in one call, or groups of them; each group then asks for the next group's part meanwhile.
/// </content>
internal abstract unsafe partial class DenseLinearJob
{
    /// <summary>Rows of a piece are a multiple: of what kernels take side by side, three or four, and of the sixteen sums of a vector.</summary>
    private const int FewTokenGroup = 48;

    /// <summary>Sums of a piece: what is done between two pieces should not count beside reading its rows.</summary>
    private const int FewTokenSums = DenseKernel.MostFewTokens * FewTokenGroup;

    private const int FewTokenLanes = FewTokenSums * VectorMath.Lanes;

    // Lanes, sums of both matrices, a step of each row.
    private static long FewTokenScratch => sizeof(float) * (FewTokenLanes + (2 * FewTokenSums) + (FewTokenSums * DenseKernel.StepInputs));

    // Several pieces a share, so that a slow share is made up for.
    private int FewTokenClaim(int shares)
    {
        int most = FewTokenSums / _tokens.TokenCount / FewTokenGroup * FewTokenGroup;
        return Math.Clamp(_call.Weight.Rows / (shares * 8) / FewTokenGroup * FewTokenGroup, FewTokenGroup, most);
    }

    private void FewTokens(int start, int count, byte* space)
    {
        float* lanes = (float*)space;
        float* sums = lanes + FewTokenLanes;
        byte* rests = (byte*)(sums + (2 * FewTokenSums));
        for (int matrix = 0; matrix < _call.MatrixCount; matrix++)
        {
            new Span<float>(lanes, _pieceRows * _tokens.TokenCount * VectorMath.Lanes).Clear();
            for (int panel = 0; panel < _tokens.PanelCount; panel++)
            {
                MultiplyFew(matrix, start, count, panel, lanes, rests);
            }

            AddLanes(count, lanes, sums + (matrix * FewTokenSums));
        }

        Finish(_call.End, new FinishedSums(0, _tokens.TokenCount, start, count, (nint)sums, (nint)(sums + FewTokenSums), _pieceRows));
    }

    private void MultiplyFew(int matrix, int start, int count, int panel, float* lanes, byte* rests)
    {
        int tokenCount = _tokens.TokenCount;
        int groupRows = _kernel.FewTokenRows(_tokens) ?? count;
        int firstStep = FirstStep(panel);
        int steps = _tokens.VectorsOf(panel) / _kernel.StepVectors;
        int whole = Math.Min(steps, WholeSteps - firstStep);
        nint tokens = (nint)_tokens.Tile(panel, 0);
        nint rest = tokens + (whole * _kernel.StepVectors * tokenCount * TokenPanels.VectorBytes);
        for (int i = 0; i < count; i += groupRows)
        {
            StoredRows rows = RowsAt(matrix, start + i, start + count, groupRows, firstStep);
            nint groupLanes = (nint)(lanes + (i * tokenCount * VectorMath.Lanes));
            if (whole > 0)
            {
                // Behind the last group comes the first of the next panel.
                nint next = i + groupRows < count ? groupRows * rows.RowBytes : (steps * StepBytes) - (i * rows.RowBytes);
                _kernel.FewTokens(new FewTokenRun(rows, tokens, tokenCount, whole, groupLanes, groupRows < count ? next : 0));
            }

            if (whole < steps)
            {
                StoredRows copies = CopyRests(rows with { Address = rows.Address + (whole * StepBytes) }, rests);
                _kernel.FewTokens(new FewTokenRun(copies, rest, tokenCount, 1, groupLanes, 0));
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
                sums[(j % tokenCount * _pieceRows) + (j / tokenCount)] = four[j - i];
            }
        }
    }
}
