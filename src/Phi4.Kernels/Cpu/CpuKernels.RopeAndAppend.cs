// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        KernelShapes.RopeAndAppend(query, key, value, ropeTable, cache, batch);
        if (batch.TokenCount == 0)
        {
            return;
        }

        (_rope.Query, _rope.Key, _rope.Value, _rope.Table) = (query, key, value, ropeTable);
        (_rope.Cache, _rope.Batch) = (cache, batch);
        _pool.Run(_rope, Shares(query.Count + key.Count + value.Count, batch.TokenCount));
    }
}

/// <summary>Tokens to rotate and append. Each product and each sum rounds by itself: no fused step, so every machine gives the same bits.</summary>
internal abstract class RopeJob : Job
{
    public TensorView Query { get; set; }

    public TensorView Key { get; set; }

    public TensorView Value { get; set; }

    public TensorView Table { get; set; }

    public KvLayerView Cache { get; set; }

    public BatchView Batch { get; set; }
}

/// <inheritdoc/>
internal sealed unsafe class RopeJob<TOps, TV> : RopeJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
{
    public override void Run(int share, int shareCount)
    {
        (int start, int end) = Share.Range(Batch.TokenCount, 1, share, shareCount);
        KvLayerView cache = Cache;
        for (int t = start; t < end; t++)
        {
            float* angles = (float*)Table.Address + (((int*)Batch.RopeRows.Address)[t] * Table.RowStride);
            Rotate(Query, t, angles);
            Rotate(Key, t, angles);
            int slot = ((int*)Batch.Slots.Address)[t];
            int page = slot / cache.PageSize;
            int token = slot % cache.PageSize;
            float* key = (float*)Key.Address + (t * Key.RowStride);
            float* value = (float*)Value.Address + (t * Value.RowStride);
            for (int head = 0; head < cache.KvHeadCount; head++, key += cache.HeadSize, value += cache.HeadSize)
            {
                switch (cache.DType)
                {
                    case DType.F32:
                        AppendSingles(cache, key, value, page, head, token);
                        break;
                    case DType.BF16:
                        AppendPairs(cache, key, value, page, head, token);
                        break;
                    default:
                        AppendCodes(cache, key, value, page, head, token);
                        break;
                }
            }
        }
    }

    private static void AppendSingles(in KvLayerView cache, float* key, float* value, int page, int head, int token)
    {
        float* layer = (float*)cache.Address;
        float* keys = layer + cache.KeyElement(page, head, token, 0);
        for (int i = 0; i < cache.HeadSize; i++)
        {
            keys[i * KvLayerView.BlockTokens] = key[i];
        }

        for (int i = cache.HeadSize; i < cache.StoredHead; i++)
        {
            keys[i * KvLayerView.BlockTokens] = 0;
        }

        new ReadOnlySpan<float>(value, cache.HeadSize).CopyTo(new Span<float>(layer + cache.ValueElement(page, head, token, 0), cache.HeadSize));
    }

    // Sixteen values at a time, zeros behind the head: keys as words of two, values into their half of each word.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AppendPairs(in KvLayerView cache, float* key, float* value, int page, int head, int token)
    {
        const int Lanes = VectorMath.Lanes;
        ushort* layer = (ushort*)cache.Address;
        uint* keys = (uint*)(layer + cache.KeyElement(page, head, token, 0));
        ushort* values = layer + cache.ValueElement(page, head, token, 0);
        uint* rounded = stackalloc uint[Lanes];
        for (int start = 0; start < cache.StoredHead; start += Lanes)
        {
            int count = Math.Min(Lanes, cache.HeadSize - start);
            RoundSixteen(key + start, count, (float*)rounded);
            for (int i = 0; i < Lanes; i += 2)
            {
                keys[(start + i) / 2 * KvLayerView.BlockTokens] = (rounded[i] >> 16) | rounded[i + 1];
            }

            RoundSixteen(value + start, count, (float*)rounded);
            for (int i = 0; i < Lanes; i++)
            {
                values[2 * (start + i)] = (ushort)(rounded[i] >> 16);
            }
        }
    }

    // The same with bytes: keys as words of four, values into their quarter of each word; the scales behind.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AppendCodes(in KvLayerView cache, float* key, float* value, int page, int head, int token)
    {
        const int Lanes = VectorMath.Lanes;
        byte* layer = (byte*)cache.Address;
        uint* keys = (uint*)(layer + cache.KeyElement(page, head, token, 0));
        byte* values = layer + cache.ValueElement(page, head, token, 0);
        (float keyScale, float keyFactor) = KvRounding.Int8Scale(new ReadOnlySpan<float>(key, cache.HeadSize));
        (float valueScale, float valueFactor) = KvRounding.Int8Scale(new ReadOnlySpan<float>(value, cache.HeadSize));
        *(float*)(layer + cache.KeyScale(page, head, token)) = keyScale;
        *(float*)(layer + cache.ValueScale(page, head, token)) = valueScale;
        uint* codes = stackalloc uint[Lanes];
        for (int start = 0; start < cache.StoredHead; start += Lanes)
        {
            int count = Math.Min(Lanes, cache.HeadSize - start);
            CodeSixteen(key + start, count, keyFactor, (float*)codes);
            for (int i = 0; i < Lanes; i += 4)
            {
                keys[(start + i) / 4 * KvLayerView.BlockTokens] =
                    (byte)codes[i] | ((uint)(byte)codes[i + 1] << 8) | ((uint)(byte)codes[i + 2] << 16) | (codes[i + 3] << 24);
            }

            CodeSixteen(value + start, count, valueFactor, (float*)codes);
            for (int i = 0; i < Lanes; i++)
            {
                values[4 * (start + i)] = (byte)codes[i];
            }
        }
    }

    // The codes are the low bytes. As in KvRounding.ToInt8; a factor of 0 makes zeros of anything.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CodeSixteen(float* source, int count, float factor, float* codes)
    {
        if (factor == 0)
        {
            new Span<float>(codes, VectorMath.Lanes).Clear();
            return;
        }

        // 1.5 * 2^23: added, it leaves the nearest integer in the low bits.
        const float RoundMagic = 12582912f;
        source = Sixteen(source, count, codes);
        for (int i = 0; i < VectorMath.Lanes; i += TOps.Count)
        {
            TV code = TOps.Multiply(TOps.Load(source + i), TOps.Broadcast(factor));
            TOps.Store(codes + i, TOps.Add(code, TOps.Broadcast(RoundMagic)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RoundSixteen(float* source, int count, float* rounded)
    {
        source = Sixteen(source, count, rounded);
        for (int i = 0; i < VectorMath.Lanes; i += TOps.Count)
        {
            TOps.Store(rounded + i, VectorMath.RoundForCache<TOps, TV>(TOps.Load(source + i)));
        }
    }

    // The source itself, or a copy with zeros behind it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Sixteen(float* source, int count, float* copy)
    {
        if (count == VectorMath.Lanes)
        {
            return source;
        }

        new Span<float>(copy, VectorMath.Lanes).Clear();
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(copy, count));
        return copy;
    }

    private void Rotate(TensorView heads, int t, float* angles)
    {
        float* row = (float*)heads.Address + (t * heads.RowStride);
        for (int start = 0; start < heads.Columns; start += Cache.HeadSize)
        {
            RotateHead(row + start, angles, Table.Columns / 2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateHead(float* head, float* angles, int half)
    {
        int i = 0;
        for (; i + TOps.Count <= half; i += TOps.Count)
        {
            TV a = TOps.Load(head + i);
            TV b = TOps.Load(head + half + i);
            TV cos = TOps.Load(angles + i);
            TV sin = TOps.Load(angles + half + i);
            TOps.Store(head + i, TOps.Subtract(TOps.Multiply(a, cos), TOps.Multiply(b, sin)));
            TOps.Store(head + half + i, TOps.Add(TOps.Multiply(b, cos), TOps.Multiply(a, sin)));
        }

        for (; i < half; i++)
        {
            float a = head[i];
            float b = head[half + i];
            head[i] = (a * angles[i]) - (b * angles[half + i]);
            head[half + i] = (b * angles[i]) + (a * angles[half + i]);
        }
    }
}
