// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Kernels.Tests;

/// <summary>Attention of one head of one token as docs/numerics.md describes it for the CPU, a value at a time and without blocks, pages or vectors.</summary>
internal static class AttentionOrder
{
    private const int SplitKeys = 256;

    public static float[] Attend(
        float[] query, Func<int, float[]> key, Func<int, float[]> value, Func<int, (float Key, float Value)>? scales, int first, int last, float scale, DType cacheType)
    {
        bool isPairs = cacheType != DType.F32;
        float[] q = isPairs ? [.. query.Select(Round)] : query;
        float[]? state = null;
        float largest = 0, total = 0;
        for (int split = first / SplitKeys; split <= last / SplitKeys; split++)
        {
            int from = Math.Max(first, split * SplitKeys);
            int to = Math.Min(last, (split * SplitKeys) + SplitKeys - 1);
            float[] scores = [.. Enumerable.Range(from, to - from + 1).Select(p => Dot(q, key(p), isPairs) * (scales?.Invoke(p).Key ?? 1) * scale)];
            float most = scores.Aggregate(float.NegativeInfinity, (a, b) => a < b ? b : a);
            float[] weights = [.. scores.Select(s => VectorMath.Exp<ScalarOps, float>(s - most)).Select(w => isPairs && scales is null ? Round(w) : w)];
            var lanes = new float[16];
            for (int i = 0; i < weights.Length; i++)
            {
                lanes[(from + i) % 16] += weights[i];
            }

            if (scales is not null)
            {
                weights = [.. weights.Select((w, i) => Round(w * scales(from + i).Value))];
            }

            float[] weighed = Weigh(weights, from, to, value, query.Length, isPairs);
            float sum = Tree(lanes);
            if (state is null)
            {
                (state, largest, total) = (weighed, most, sum);
                continue;
            }

            float both = largest < most ? most : largest;
            float keep = VectorMath.Exp<ScalarOps, float>(largest - both), add = VectorMath.Exp<ScalarOps, float>(most - both);
            state = [.. state.Zip(weighed, (o1, o2) => ScalarOps.MultiplyAdd(o1, keep, o2 * add))];
            total = ScalarOps.MultiplyAdd(total, keep, sum * add);
            largest = both;
        }

        return [.. state!.Select(o => o / total)];
    }

    private static float Dot(float[] q, float[] k, bool isPairs)
    {
        float sum = 0;
        for (int i = 0; i < q.Length; i += isPairs ? 2 : 1)
        {
            if (isPairs && i + 1 < q.Length)
            {
                sum = ScalarOps.MultiplyAdd(q[i + 1], k[i + 1], sum);
            }

            sum = ScalarOps.MultiplyAdd(q[i], k[i], sum);
        }

        return sum;
    }

    private static float[] Weigh(float[] weights, int from, int to, Func<int, float[]> value, int width, bool isPairs)
    {
        var sums = new float[width];
        void Add(int p)
        {
            if (p < from || p > to)
            {
                return;
            }

            float[] row = value(p);
            for (int i = 0; i < width; i++)
            {
                sums[i] = ScalarOps.MultiplyAdd(weights[p - from], row[i], sums[i]);
            }
        }

        for (int p = from & ~1; p <= to; p += 2)
        {
            Add(isPairs ? p + 1 : p);
            Add(isPairs ? p : p + 1);
        }

        return sums;
    }

    private static float Tree(float[] lanes)
    {
        for (int apart = 8; apart > 0; apart /= 2)
        {
            lanes = [.. Enumerable.Range(0, apart).Select(i => lanes[i] + lanes[i + apart])];
        }

        return lanes[0];
    }

    private static float Round(float value) => BFloat16.ToSingle(KvRounding.ToBFloat16(value));
}
