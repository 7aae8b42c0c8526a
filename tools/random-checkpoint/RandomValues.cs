// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.InteropServices;
using Phi4.Kernels;

namespace Phi4.RandomCheckpoint;

/// <summary>
/// Values that follow from (seed, stream name, index) alone: any part of any tensor can be made at any time, on any thread, in any layout.
/// Uniform with standard deviation 0.02, the usual initialisation; each value is a hash of its index.
/// </summary>
internal readonly struct RandomValues
{
    private const double StandardDeviation = 0.02;

    // A uniform value in [-a, a] has standard deviation a / sqrt(3); the hash is a signed 32-bit integer.
    private static readonly float Scale = (float)(StandardDeviation * Math.Sqrt(3) / 2147483648.0);

    private readonly uint _low;
    private readonly uint _high;

    public RandomValues(ulong seed, string stream)
    {
        ulong hash = 14695981039346656037UL ^ (seed * 0x9E3779B97F4A7C15UL);
        foreach (char c in stream)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        hash ^= hash >> 31;
        _low = (uint)hash;
        _high = (uint)(hash >> 32);
    }

    /// <summary>Values [start, start + n) as bytes of a type, where n is what the destination holds.</summary>
    public void Fill(Span<byte> destination, DType dtype, long start)
    {
        switch (dtype)
        {
            case DType.BF16:
                FillBFloat16(MemoryMarshal.Cast<byte, ushort>(destination), start);
                break;
            case DType.F16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(destination);
                for (int i = 0; i < halves.Length; i++)
                {
                    halves[i] = (Half)At(start + i);
                }

                break;
            case DType.F32:
                Span<float> floats = MemoryMarshal.Cast<byte, float>(destination);
                for (int i = 0; i < floats.Length; i++)
                {
                    floats[i] = At(start + i);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Only BF16, F16 and F32.");
        }
    }

    /// <summary>One value.</summary>
    public float At(long index)
    {
        uint x = unchecked(((uint)index * 0x9E3779B9u) ^ Key(index));
        unchecked
        {
            x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
            x = (x ^ (x >> 13)) * 0xC2B2AE35u;
            x ^= x >> 16;
        }

        return (int)x * Scale;
    }

    /// <summary>All indices of a run of 2^32 share a key.</summary>
    private uint Key(long index) => unchecked(_low + (uint)(index >> 32) * (_high | 1));

    private void FillBFloat16(Span<ushort> destination, long start)
    {
        int width = Vector<ushort>.Count;
        int i = 0;
        while (i < destination.Length)
        {
            long index = start + i;
            bool sameKey = index >> 32 == (index + width - 1) >> 32;
            if (sameKey && i + width <= destination.Length)
            {
                uint key = Key(index);
                Vector<uint> low = Bits(unchecked((uint)index), key);
                Vector<uint> high = Bits(unchecked((uint)index + (uint)Vector<uint>.Count), key);
                Vector.Narrow(low, high).CopyTo(destination[i..]);
                i += width;
            }
            else
            {
                destination[i++] = (ushort)Round(BitConverter.SingleToUInt32Bits(At(index)));
            }
        }
    }

    /// <summary>The rounded upper halves of consecutive values.</summary>
    private static Vector<uint> Bits(uint first, uint key)
    {
        Vector<uint> x = ((Vector<uint>.Indices + new Vector<uint>(first)) * 0x9E3779B9u) ^ new Vector<uint>(key);
        x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
        x = (x ^ (x >> 13)) * 0xC2B2AE35u;
        x ^= x >> 16;
        Vector<uint> bits = Vector.AsVectorUInt32(Vector.ConvertToSingle(Vector.AsVectorInt32(x)) * Scale);
        return (bits + new Vector<uint>(0x7FFF) + ((bits >> 16) & Vector<uint>.One)) >> 16;
    }

    /// <summary>To the nearest, ties to even; the values here are never NaN.</summary>
    private static uint Round(uint bits) => (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
}
