// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// Dot products in the canonical order: lane k mod 16 takes element k, k rising, and the lanes are summed at the end. Every matrix product here, of one row or
/// of many, reduces in this order, so its bits do not depend on how many rows run.
/// </summary>
internal static unsafe class Dot<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>results[r] = x . row r, for four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourRows<TElement>(float* x, byte* rows, long rowBytes, int count, float* results)
        where TElement : struct, IElement
    {
        TLanes a = TLanes.Broadcast(0), b = a, c = a, d = a;
        byte* row0 = rows;
        byte* row1 = rows + rowBytes;
        byte* row2 = rows + 2 * rowBytes;
        byte* row3 = rows + 3 * rowBytes;
        int whole = count & ~(LaneMath.Count - 1);
        for (int k = 0; k < whole; k += LaneMath.Count)
        {
            TLanes lanes = TLanes.Load(x + k);
            long offset = (long)k * TElement.Size;
            a = a.AddProduct(lanes, TElement.Load<TLanes>(row0 + offset));
            b = b.AddProduct(lanes, TElement.Load<TLanes>(row1 + offset));
            c = c.AddProduct(lanes, TElement.Load<TLanes>(row2 + offset));
            d = d.AddProduct(lanes, TElement.Load<TLanes>(row3 + offset));
        }

        if (whole < count)
        {
            long offset = (long)whole * TElement.Size;
            TLanes lanes = Tail<Float32Element>((byte*)(x + whole), count - whole);
            a = a.AddProduct(lanes, Tail<TElement>(row0 + offset, count - whole));
            b = b.AddProduct(lanes, Tail<TElement>(row1 + offset, count - whole));
            c = c.AddProduct(lanes, Tail<TElement>(row2 + offset, count - whole));
            d = d.AddProduct(lanes, Tail<TElement>(row3 + offset, count - whole));
        }

        results[0] = a.Sum();
        results[1] = b.Sum();
        results[2] = c.Sum();
        results[3] = d.Sum();
    }

    /// <summary>x . row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float OneRow<TElement>(float* x, byte* row, int count)
        where TElement : struct, IElement
    {
        TLanes sum = TLanes.Broadcast(0);
        int whole = count & ~(LaneMath.Count - 1);
        for (int k = 0; k < whole; k += LaneMath.Count)
        {
            sum = sum.AddProduct(TLanes.Load(x + k), TElement.Load<TLanes>(row + (long)k * TElement.Size));
        }

        if (whole < count)
        {
            TLanes tail = Tail<TElement>(row + (long)whole * TElement.Size, count - whole);
            sum = sum.AddProduct(Tail<Float32Element>((byte*)(x + whole), count - whole), tail);
        }

        return sum.Sum();
    }

    /// <summary>Fewer than sixteen values, the rest zero.</summary>
    public static TLanes Tail<TElement>(byte* source, int count)
        where TElement : struct, IElement
    {
        byte* padded = stackalloc byte[LaneMath.Count * sizeof(float)];
        new Span<byte>(padded, LaneMath.Count * sizeof(float)).Clear();
        Unsafe.CopyBlockUnaligned(padded, source, (uint)(count * TElement.Size));
        return TElement.Load<TLanes>(padded);
    }
}
