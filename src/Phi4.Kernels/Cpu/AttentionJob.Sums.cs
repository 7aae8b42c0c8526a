// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <content>Softmax of one row's split, rounding, and joining two splits.</content>
internal sealed unsafe partial class AttentionJob<TOps, TV>
{
    // scores[first, limit) to exponentials of (score * scale - maximum), zero beside them up to whole blocks; the sum in sixteen lanes, lane = key mod 16.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* scores, int first, int limit, float scale, bool rounds, out float largest, out float total)
    {
        int start = first & ~(VectorMath.Lanes - 1);
        int end = (limit + VectorMath.Lanes - 1) & ~(VectorMath.Lanes - 1);
        Hide(scores, start, first);
        Hide(scores, limit, end);
        float* lanes = stackalloc float[VectorMath.Lanes];
        TV scales = TOps.Broadcast(scale);
        TV most = TOps.Broadcast(float.NegativeInfinity);
        for (int j = start; j < end; j += TOps.Count)
        {
            TV score = TOps.Multiply(TOps.Load(scores + j), scales);
            TOps.Store(scores + j, score);
            most = TOps.SelectLess(most, score, score, most);
        }

        for (int lane = 0; lane < VectorMath.Lanes; lane += TOps.Count)
        {
            TOps.Store(lanes + lane, most);
        }

        largest = VectorMath.Largest(lanes);
        most = TOps.Broadcast(largest);
        for (int lane = 0; lane < VectorMath.Lanes; lane += TOps.Count)
        {
            TV sum = TOps.Broadcast(0);
            for (int j = start + lane; j < end; j += VectorMath.Lanes)
            {
                TV weight = VectorMath.Exp<TOps, TV>(TOps.Subtract(TOps.Load(scores + j), most));
                if (rounds)
                {
                    weight = VectorMath.RoundForCache<TOps, TV>(weight);
                }

                TOps.Store(scores + j, weight);
                sum = TOps.Add(sum, weight);
            }

            TOps.Store(lanes + lane, sum);
        }

        total = VectorMath.Sum(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Hide(float* scores, int from, int to)
    {
        for (int j = from; j < to; j++)
        {
            scores[j] = float.NegativeInfinity;
        }
    }

    private static void Round(float* source, float* destination, int count, bool rounds)
    {
        if (!rounds)
        {
            new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(destination, count));
            return;
        }

        int i = 0;
        for (; i + TOps.Count <= count; i += TOps.Count)
        {
            TOps.Store(destination + i, VectorMath.RoundForCache<TOps, TV>(TOps.Load(source + i)));
        }

        for (; i < count; i++)
        {
            destination[i] = BFloat16.ToSingle(KvRounding.ToBFloat16(source[i]));
        }
    }

    // Both exponentials at once: a vector's lanes have the bits of a scalar.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MergeHead(float* state, float* partial, int width)
    {
        float largest = state[width] < partial[width] ? partial[width] : state[width];
        var factors = Vector128.Create(state[width] - largest, partial[width] - largest, 0, 0);
        factors = VectorMath.Exp<Vector128Ops, Vector128<float>>(factors);
        (float keep, float add) = (factors[0], factors[1]);
        TV keeps = TOps.Broadcast(keep);
        TV adds = TOps.Broadcast(add);
        for (int i = 0; i < width; i += TOps.Count)
        {
            TOps.Store(state + i, TOps.MultiplyAdd(TOps.Load(state + i), keeps, TOps.Multiply(TOps.Load(partial + i), adds)));
        }

        state[width] = largest;
        state[width + 1] = ScalarOps.MultiplyAdd(state[width + 1], keep, partial[width + 1] * add);
    }
}
