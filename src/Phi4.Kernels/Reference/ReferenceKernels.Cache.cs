// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Reference;

/// <content>What the cache holds, a value at a time.</content>
internal sealed unsafe partial class ReferenceKernels
{
    private static ReadOnlySpan<float> HeadOf(TensorView heads, int t, int head, int headSize)
        => new((float*)heads.Address + (t * heads.RowStride) + ((long)head * headSize), headSize);

    private static void Append(in KvLayerView cache, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int page, int head, int token)
    {
        (float keyScale, float keyFactor) = KvRounding.Int8Scale(key);
        (float valueScale, float valueFactor) = KvRounding.Int8Scale(value);
        for (int i = 0; i < cache.StoredHead; i++)
        {
            WriteCache(cache, cache.KeyElement(page, head, token, i), i < key.Length ? key[i] : 0, keyFactor);
        }

        for (int i = 0; i < value.Length; i++)
        {
            WriteCache(cache, cache.ValueElement(page, head, token, i), value[i], valueFactor);
        }

        if (cache.DType == DType.I8)
        {
            *(float*)(cache.Address + (nint)cache.KeyScale(page, head, token)) = keyScale;
            *(float*)(cache.Address + (nint)cache.ValueScale(page, head, token)) = valueScale;
        }
    }

    private static double ReadKey(in KvLayerView cache, int page, int head, int token, int index)
        => Value(cache.Address, cache.DType, cache.KeyElement(page, head, token, index)) * ReadScale(cache, cache.KeyScale(page, head, token));

    private static double ReadValue(in KvLayerView cache, int page, int head, int token, int index)
        => Value(cache.Address, cache.DType, cache.ValueElement(page, head, token, index)) * ReadScale(cache, cache.ValueScale(page, head, token));

    private static double ReadScale(in KvLayerView cache, long offset) => cache.DType == DType.I8 ? *(float*)(cache.Address + (nint)offset) : 1;

    private static void WriteCache(in KvLayerView cache, long element, float value, float factor)
    {
        switch (cache.DType)
        {
            case DType.I8:
                ((sbyte*)cache.Address)[element] = KvRounding.ToInt8(value, factor);
                break;
            case DType.BF16:
                ((ushort*)cache.Address)[element] = KvRounding.ToBFloat16(value);
                break;
            default:
                ((float*)cache.Address)[element] = value;
                break;
        }
    }
}
