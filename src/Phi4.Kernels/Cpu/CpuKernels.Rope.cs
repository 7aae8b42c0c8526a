// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

internal sealed unsafe partial class CpuKernels<TLanes, TVector>
{
    /// <summary>Each product and sum of the rotation is rounded to F32, in plain arithmetic.</summary>
    public void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        KernelShapes.RopeAndAppend(query, key, value, ropeTable, cache, batch);
        var job = new RopeJob(query, key, value, ropeTable, cache, batch);
        if (batch.TokenCount == 1)
        {
            RopeShare(&job, 0, 1);
        }
        else
        {
            _pool.Run(&RopeShare, &job);
        }
    }

    private static void RopeShare(void* state, int share, int shareCount)
    {
        RopeJob job = *(RopeJob*)state;
        KvLayerView cache = job.Cache;
        (int from, int to) = PartOf(job.Query.Rows, share, shareCount, unit: 1);
        for (int t = from; t < to; t++)
        {
            float* angles = Row(job.RopeTable, ((int*)job.Batch.RopeRows.Address)[t]);
            float* key = Row(job.Key, t);
            float* value = Row(job.Value, t);
            Rotate(Row(job.Query, t), job.Query.Columns, cache.HeadSize, angles, job.RopeTable.Columns / 2);
            Rotate(key, job.Key.Columns, cache.HeadSize, angles, job.RopeTable.Columns / 2);
            (int page, int inPage) = Math.DivRem(((int*)job.Batch.Slots.Address)[t], cache.PageSize);
            for (int head = 0; head < cache.KvHeadCount; head++)
            {
                long inRun = (long)inPage * cache.HeadSize;
                Append(key + head * cache.HeadSize, cache, cache.KeyOffset(page, head) + inRun);
                Append(value + head * cache.HeadSize, cache, cache.ValueOffset(page, head) + inRun);
            }
        }
    }

    private static void Rotate(float* heads, int width, int headSize, float* angles, int half)
    {
        for (float* head = heads; head < heads + width; head += headSize)
        {
            for (int i = 0; i < half; i++)
            {
                float a = head[i];
                float b = head[half + i];
                head[i] = a * angles[i] - b * angles[half + i];
                head[half + i] = b * angles[i] + a * angles[half + i];
            }
        }
    }

    private static void Append(float* source, in KvLayerView cache, long offset)
    {
        if (cache.DType == DType.F32)
        {
            new ReadOnlySpan<float>(source, cache.HeadSize).CopyTo(new Span<float>((float*)cache.Address + offset, cache.HeadSize));
            return;
        }

        ushort* rounded = (ushort*)cache.Address + offset;
        for (int d = 0; d < cache.HeadSize; d++)
        {
            rounded[d] = BFloat16.FromSingle(source[d]);
        }
    }

    private readonly record struct RopeJob(
        TensorView Query, TensorView Key, TensorView Value, TensorView RopeTable, KvLayerView Cache, BatchView Batch);
}
