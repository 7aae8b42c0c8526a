// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>F32 from and to the stored float types, by spans.</summary>
internal static class FloatCodec
{
    /// <summary>Widens as many values as <paramref name="destination"/> takes; exact. NaNs stay NaNs.</summary>
    /// <param name="bytes">Little-endian values of <paramref name="dtype"/>; at any address.</param>
    /// <param name="dtype">BF16, F16 or F32.</param>
    /// <param name="destination">The values.</param>
    public static void Widen(ReadOnlySpan<byte> bytes, DType dtype, Span<float> destination)
    {
        bytes = bytes[..checked(destination.Length * dtype.SizeInBytes())];
        switch (dtype)
        {
            case DType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case DType.BF16:
                WidenHalves(MemoryMarshal.Cast<byte, ushort>(bytes), destination, static bits => bits << 16, BFloat16.ToSingle);
                break;
            case DType.F16:
                WidenHalves(MemoryMarshal.Cast<byte, ushort>(bytes), destination, FromHalf, static bits => (float)BitConverter.UInt16BitsToHalf(bits));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Only BF16, F16 and F32 are floats that weights come in.");
        }
    }

    /// <summary>Rounds to nearest, ties to even; too large a value gives infinity.</summary>
    /// <param name="source">The values.</param>
    /// <param name="dtype">BF16, F16 or F32.</param>
    /// <param name="bytes">Little-endian values of <paramref name="dtype"/>, as many as <paramref name="source"/> has.</param>
    public static void Narrow(ReadOnlySpan<float> source, DType dtype, Span<byte> bytes)
    {
        switch (dtype)
        {
            case DType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(bytes);
                break;
            case DType.BF16:
                Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < source.Length; i++)
                {
                    narrow[i] = BFloat16.FromSingle(source[i]);
                }

                break;
            case DType.F16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < source.Length; i++)
                {
                    halves[i] = (Half)source[i];
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Only BF16, F16 and F32 are floats that weights come in.");
        }
    }

    private static void WidenHalves(
        ReadOnlySpan<ushort> source, Span<float> destination, Func<Vector256<uint>, Vector256<uint>> widen, Func<ushort, float> widenOne)
    {
        int i = 0;
        for (; i + Vector256<ushort>.Count <= source.Length; i += Vector256<ushort>.Count)
        {
            Vector256<ushort> bits = Vector256.Create(source[i..]);
            widen(Vector256.WidenLower(bits)).AsSingle().CopyTo(destination[i..]);
            widen(Vector256.WidenUpper(bits)).AsSingle().CopyTo(destination[(i + Vector256<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = widenOne(source[i]);
        }
    }

    /// <summary>Exponent and mantissa moved into place and the exponent's bias corrected by a product, which subnormals survive too.</summary>
    private static Vector256<uint> FromHalf(Vector256<uint> bits)
    {
        Vector256<uint> sign = (bits & Vector256.Create(0x8000u)) << 16;
        Vector256<uint> rest = bits & Vector256.Create(0x7FFFu);
        Vector256<uint> value = ((rest << 13).AsSingle() * BitConverter.UInt32BitsToSingle((127 + 112) << 23)).AsUInt32();
        Vector256<uint> special = Vector256.GreaterThanOrEqual(rest, Vector256.Create(0x7C00u)) & Vector256.Create(0x7F800000u);
        return value | special | sign;
    }
}
