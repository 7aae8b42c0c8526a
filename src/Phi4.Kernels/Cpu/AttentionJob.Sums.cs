// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <content>The arithmetic of one split: scores, softmax, weighted values; and of joining two.</content>
internal sealed unsafe partial class AttentionJob<TOps, TV>
{
    private const int TileKeys = 2;

    // scores[h, j] = query[h, :] . key[j, :], sixteen lanes and the fixed tree; 4 heads x 2 keys at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TElement>(float* queries, int width, byte** keys, int first, int limit, float* lanes, float* scores)
        where TElement : struct, IElementType
    {
        float* query1 = queries + width;
        float* query2 = query1 + width;
        float* query3 = query2 + width;
        for (int j = first; j < limit; j += TileKeys)
        {
            int next = Math.Min(j + 1, limit - 1);
            byte* key0 = keys[j];
            byte* key1 = keys[next];
            for (int lane = 0; lane < VectorMath.Lanes; lane += TOps.Count)
            {
                TV s00 = TOps.Broadcast(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
                for (nint i = lane; i < width; i += VectorMath.Lanes)
                {
                    TV k0 = TElement.Load<TOps, TV>(key0, i);
                    TV k1 = TElement.Load<TOps, TV>(key1, i);
                    TV q = TOps.Load(queries + i);
                    s00 = TOps.MultiplyAdd(q, k0, s00);
                    s01 = TOps.MultiplyAdd(q, k1, s01);
                    q = TOps.Load(query1 + i);
                    s10 = TOps.MultiplyAdd(q, k0, s10);
                    s11 = TOps.MultiplyAdd(q, k1, s11);
                    q = TOps.Load(query2 + i);
                    s20 = TOps.MultiplyAdd(q, k0, s20);
                    s21 = TOps.MultiplyAdd(q, k1, s21);
                    q = TOps.Load(query3 + i);
                    s30 = TOps.MultiplyAdd(q, k0, s30);
                    s31 = TOps.MultiplyAdd(q, k1, s31);
                }

                TOps.Store(lanes + lane, s00);
                TOps.Store(lanes + lane + 16, s10);
                TOps.Store(lanes + lane + 32, s20);
                TOps.Store(lanes + lane + 48, s30);
                TOps.Store(lanes + lane + 64, s01);
                TOps.Store(lanes + lane + 80, s11);
                TOps.Store(lanes + lane + 96, s21);
                TOps.Store(lanes + lane + 112, s31);
            }

            Vector128<float> sums0 = VectorMath.SumFour(lanes);
            Vector128<float> sums1 = VectorMath.SumFour(lanes + 64);
            for (int head = 0; head < TileHeads; head++)
            {
                scores[(head * SplitKeys) + j] = sums0[head];
                scores[(head * SplitKeys) + next] = sums1[head];
            }
        }
    }

    // scores[first, limit) to exponentials of (score * scale - maximum); the sum in sixteen lanes, lane = key mod 16.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* scores, int first, int limit, float scale, out float largest, out float total)
    {
        int start = first & ~(VectorMath.Lanes - 1);
        int end = (limit + VectorMath.Lanes - 1) & ~(VectorMath.Lanes - 1);
        new Span<float>(scores + start, first - start).Fill(float.NegativeInfinity);
        new Span<float>(scores + limit, end - limit).Fill(float.NegativeInfinity);
        float* lanes = stackalloc float[VectorMath.Lanes];
        TV scales = TOps.Broadcast(scale);
        TV most = TOps.Broadcast(float.NegativeInfinity);
        for (int j = start; j < end; j += TOps.Count)
        {
            TV score = TOps.Load(scores + j);
            score = TOps.Multiply(score, scales);
            TOps.Store(scores + j, score);
            most = TOps.SelectLess(most, score, score, most);
        }

        TOps.Store(lanes, most);
        largest = float.NegativeInfinity;
        for (int lane = 0; lane < TOps.Count; lane++)
        {
            largest = largest < lanes[lane] ? lanes[lane] : largest;
        }

        most = TOps.Broadcast(largest);
        for (int lane = 0; lane < VectorMath.Lanes; lane += TOps.Count)
        {
            TV sum = TOps.Broadcast(0);
            for (int j = start + lane; j < end; j += VectorMath.Lanes)
            {
                TV weight = VectorMath.Exp<TOps, TV>(TOps.Subtract(TOps.Load(scores + j), most));
                TOps.Store(scores + j, weight);
                sum = TOps.Add(sum, weight);
            }

            TOps.Store(lanes + lane, sum);
        }

        total = VectorMath.Sum(lanes);
    }

    // state[h, :] = sum over keys, rising, of weights[h, j] * value[j, :].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh<TElement>(float* weights, int headCount, byte** values, int first, int limit, int size, float* state, int headState)
        where TElement : struct, IElementType
    {
        // Heads past the last repeat it: four sums run side by side in any case.
        float* weights1 = weights + (Math.Min(1, headCount - 1) * SplitKeys);
        float* weights2 = weights + (Math.Min(2, headCount - 1) * SplitKeys);
        float* weights3 = weights + (Math.Min(3, headCount - 1) * SplitKeys);
        float* state1 = state + (Math.Min(1, headCount - 1) * headState);
        float* state2 = state + (Math.Min(2, headCount - 1) * headState);
        float* state3 = state + (Math.Min(3, headCount - 1) * headState);
        int i = 0;
        for (; i + (2 * TOps.Count) <= size; i += 2 * TOps.Count)
        {
            TV low0 = TOps.Broadcast(0), low1 = low0, low2 = low0, low3 = low0;
            TV high0 = low0, high1 = low0, high2 = low0, high3 = low0;
            for (int j = first; j < limit; j++)
            {
                byte* value = values[j];
                TV low = TElement.Load<TOps, TV>(value, i);
                TV high = TElement.Load<TOps, TV>(value, i + TOps.Count);
                TV weight = TOps.Broadcast(weights[j]);
                low0 = TOps.MultiplyAdd(weight, low, low0);
                high0 = TOps.MultiplyAdd(weight, high, high0);
                weight = TOps.Broadcast(weights1[j]);
                low1 = TOps.MultiplyAdd(weight, low, low1);
                high1 = TOps.MultiplyAdd(weight, high, high1);
                weight = TOps.Broadcast(weights2[j]);
                low2 = TOps.MultiplyAdd(weight, low, low2);
                high2 = TOps.MultiplyAdd(weight, high, high2);
                weight = TOps.Broadcast(weights3[j]);
                low3 = TOps.MultiplyAdd(weight, low, low3);
                high3 = TOps.MultiplyAdd(weight, high, high3);
            }

            TOps.Store(state + i, low0);
            TOps.Store(state + i + TOps.Count, high0);
            TOps.Store(state1 + i, low1);
            TOps.Store(state1 + i + TOps.Count, high1);
            TOps.Store(state2 + i, low2);
            TOps.Store(state2 + i + TOps.Count, high2);
            TOps.Store(state3 + i, low3);
            TOps.Store(state3 + i + TOps.Count, high3);
        }

        for (; i < size; i++)
        {
            for (int head = 0; head < headCount; head++)
            {
                float sum = 0;
                for (int j = first; j < limit; j++)
                {
                    sum = ScalarOps.MultiplyAdd(weights[(head * SplitKeys) + j], TElement.Load<ScalarOps, float>(values[j], i), sum);
                }

                state[(head * headState) + i] = sum;
            }
        }
    }

    private static void MergeHead(float* state, float* partial, int size)
    {
        float largest = state[size] < partial[size] ? partial[size] : state[size];
        float keep = VectorMath.Exp<ScalarOps, float>(state[size] - largest);
        float add = VectorMath.Exp<ScalarOps, float>(partial[size] - largest);
        TV keeps = TOps.Broadcast(keep);
        TV adds = TOps.Broadcast(add);
        int i = 0;
        for (; i + TOps.Count <= size; i += TOps.Count)
        {
            TOps.Store(state + i, TOps.MultiplyAdd(TOps.Load(state + i), keeps, TOps.Multiply(TOps.Load(partial + i), adds)));
        }

        for (; i < size; i++)
        {
            state[i] = ScalarOps.MultiplyAdd(state[i], keep, partial[i] * add);
        }

        state[size] = largest;
        state[size + 1] = ScalarOps.MultiplyAdd(state[size + 1], keep, partial[size + 1] * add);
    }
}
