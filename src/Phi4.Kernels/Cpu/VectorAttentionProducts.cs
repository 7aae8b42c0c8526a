// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// The products in vectors of any width. A lane is a key, or a column: nothing is added across lanes. Eight sums, of four rows and two vectors, stay in
/// registers: they fit into sixteen registers and keep two multipliers busy.
/// </summary>
internal sealed unsafe class VectorAttentionProducts<TElement, TOps, TV> : AttentionProducts
    where TElement : struct, ICacheElement
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    private const int Lanes = KvLayerView.BlockTokens;
    private const int LineBytes = Lanes * sizeof(uint);

    public override int PerWord => TElement.PerWord;

    public override int GroupFloats(int width) => width * GroupRows;

    public override void PackQuery(float* query, int width, float* group, int row)
    {
        for (int i = 0; i < width; i++)
        {
            group[(i * GroupRows) + row] = query[i];
        }
    }

    public override void Score(float* queries, int rows, int width, in KeyBlocks keys, float* scores)
    {
        for (int row = 0; row < rows; row += GroupRows)
        {
            if (TOps.Count == Lanes)
            {
                Score(queries, width, keys.First, keys.Second, scores, scores + Lanes, keys.Asked, keys.SecondAsked);
            }
            else
            {
                ScoreBlock(queries, width, keys.First, scores, keys.Asked);
                ScoreBlock(queries, width, keys.Second, scores + Lanes, keys.SecondAsked);
            }

            queries += width * GroupRows;
            scores += GroupRows * RowFloats;
        }
    }

    public override void PackWeights(float* row, int start, int end)
    {
    }

    public override void Weigh(in ValueBlocks blocks, float* weights, int firstKey, int rows, int width, float* states, int stateFloats)
    {
        int run = RunOf(rows);
        for (int block = 0; block < blocks.Count; block += run)
        {
            int count = Math.Min(run, blocks.Count - block);
            float* first = weights + firstKey + (block * Lanes);
            for (int column = 0; column < width; column += 2 * TOps.Count)
            {
                for (int row = 0; row < rows; row += GroupRows)
                {
                    WeighRun(
                        new ValueBlocks(blocks.Blocks + block, blocks.Asked + block, count), first + ((long)row * RowFloats),
                        Math.Min(GroupRows, rows - row), column, width, states + ((long)row * stateFloats), stateFloats);
                }
            }
        }
    }

    private static void ScoreBlock(float* queries, int width, byte* keys, float* scores, byte* asked)
    {
        for (int lane = 0; lane < Lanes; lane += 2 * TOps.Count)
        {
            int next = lane + TOps.Count;
            Score(queries, width, keys + (lane * sizeof(uint)), keys + (next * sizeof(uint)), scores + lane, scores + next, asked, asked);
        }
    }

    // Four rows, two vectors of keys.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score(float* queries, int width, byte* keysA, byte* keysB, float* scoresA, float* scoresB, byte* askedA, byte* askedB)
    {
        TV a0 = TOps.Broadcast(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (int word = width / TElement.PerWord; word > 0; word--)
        {
            Ask(askedA);
            Ask(askedB);
            TElement.Load<TOps, TV>(keysA, out TV a, out TV lowA);
            TElement.Load<TOps, TV>(keysB, out TV b, out TV lowB);
            float* query = queries + ((TElement.PerWord - 1) * GroupRows);
            TV q = TOps.Broadcast(query[0]);
            a0 = TOps.MultiplyAdd(q, a, a0);
            b0 = TOps.MultiplyAdd(q, b, b0);
            q = TOps.Broadcast(query[1]);
            a1 = TOps.MultiplyAdd(q, a, a1);
            b1 = TOps.MultiplyAdd(q, b, b1);
            q = TOps.Broadcast(query[2]);
            a2 = TOps.MultiplyAdd(q, a, a2);
            b2 = TOps.MultiplyAdd(q, b, b2);
            q = TOps.Broadcast(query[3]);
            a3 = TOps.MultiplyAdd(q, a, a3);
            b3 = TOps.MultiplyAdd(q, b, b3);
            if (TElement.PerWord == 2)
            {
                q = TOps.Broadcast(queries[0]);
                a0 = TOps.MultiplyAdd(q, lowA, a0);
                b0 = TOps.MultiplyAdd(q, lowB, b0);
                q = TOps.Broadcast(queries[1]);
                a1 = TOps.MultiplyAdd(q, lowA, a1);
                b1 = TOps.MultiplyAdd(q, lowB, b1);
                q = TOps.Broadcast(queries[2]);
                a2 = TOps.MultiplyAdd(q, lowA, a2);
                b2 = TOps.MultiplyAdd(q, lowB, b2);
                q = TOps.Broadcast(queries[3]);
                a3 = TOps.MultiplyAdd(q, lowA, a3);
                b3 = TOps.MultiplyAdd(q, lowB, b3);
            }

            keysA += LineBytes;
            keysB += LineBytes;
            askedA += LineBytes;
            askedB += LineBytes;
            queries += TElement.PerWord * GroupRows;
        }

        TOps.Store(scoresA, a0);
        TOps.Store(scoresA + RowFloats, a1);
        TOps.Store(scoresA + (2 * RowFloats), a2);
        TOps.Store(scoresA + (3 * RowFloats), a3);
        TOps.Store(scoresB, b0);
        TOps.Store(scoresB + RowFloats, b1);
        TOps.Store(scoresB + (2 * RowFloats), b2);
        TOps.Store(scoresB + (3 * RowFloats), b3);
    }

    // Up to four rows, two vectors of columns. Rows past the last repeat it, and so does a column past the last: the same sums twice.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeighRun(in ValueBlocks blocks, float* weights, int rows, int column, int width, float* states, int stateFloats)
    {
        int next = Math.Min(column + TOps.Count, width - TOps.Count);
        float* weights1 = weights + (Math.Min(1, rows - 1) * RowFloats);
        float* weights2 = weights + (Math.Min(2, rows - 1) * RowFloats);
        float* weights3 = weights + (Math.Min(3, rows - 1) * RowFloats);
        float* state1 = states + (Math.Min(1, rows - 1) * stateFloats);
        float* state2 = states + (Math.Min(2, rows - 1) * stateFloats);
        float* state3 = states + (Math.Min(3, rows - 1) * stateFloats);
        TV a0 = TOps.Load(states + column), b0 = TOps.Load(states + next);
        TV a1 = TOps.Load(state1 + column), b1 = TOps.Load(state1 + next);
        TV a2 = TOps.Load(state2 + column), b2 = TOps.Load(state2 + next);
        TV a3 = TOps.Load(state3 + column), b3 = TOps.Load(state3 + next);
        nint lineBytes = (nint)width * sizeof(uint);
        nint nextBytes = (nint)(next - column) * sizeof(uint);
        nint j = 0;
        for (int block = 0; block < blocks.Count; block++)
        {
            byte* values = blocks.Blocks[block] + ((nint)column * sizeof(uint));
            byte* asked = blocks.Asked[block] + ((nint)column * sizeof(uint));
            for (nint end = j + Lanes; j < end; j += TElement.PerWord)
            {
                Ask(asked);
                Ask(asked + nextBytes);
                asked += lineBytes;
                TElement.Load<TOps, TV>(values, out TV a, out TV lowA);
                TElement.Load<TOps, TV>(values + nextBytes, out TV b, out TV lowB);
                nint first = j + TElement.PerWord - 1;
                TV w = TOps.Broadcast(weights[first]);
                a0 = TOps.MultiplyAdd(w, a, a0);
                b0 = TOps.MultiplyAdd(w, b, b0);
                w = TOps.Broadcast(weights1[first]);
                a1 = TOps.MultiplyAdd(w, a, a1);
                b1 = TOps.MultiplyAdd(w, b, b1);
                w = TOps.Broadcast(weights2[first]);
                a2 = TOps.MultiplyAdd(w, a, a2);
                b2 = TOps.MultiplyAdd(w, b, b2);
                w = TOps.Broadcast(weights3[first]);
                a3 = TOps.MultiplyAdd(w, a, a3);
                b3 = TOps.MultiplyAdd(w, b, b3);
                if (TElement.PerWord == 2)
                {
                    w = TOps.Broadcast(weights[j]);
                    a0 = TOps.MultiplyAdd(w, lowA, a0);
                    b0 = TOps.MultiplyAdd(w, lowB, b0);
                    w = TOps.Broadcast(weights1[j]);
                    a1 = TOps.MultiplyAdd(w, lowA, a1);
                    b1 = TOps.MultiplyAdd(w, lowB, b1);
                    w = TOps.Broadcast(weights2[j]);
                    a2 = TOps.MultiplyAdd(w, lowA, a2);
                    b2 = TOps.MultiplyAdd(w, lowB, b2);
                    w = TOps.Broadcast(weights3[j]);
                    a3 = TOps.MultiplyAdd(w, lowA, a3);
                    b3 = TOps.MultiplyAdd(w, lowB, b3);
                }

                values += lineBytes;
            }
        }

        TOps.Store(states + column, a0);
        TOps.Store(states + next, b0);
        TOps.Store(state1 + column, a1);
        TOps.Store(state1 + next, b1);
        TOps.Store(state2 + column, a2);
        TOps.Store(state2 + next, b2);
        TOps.Store(state3 + column, a3);
        TOps.Store(state3 + next, b3);
    }
}
