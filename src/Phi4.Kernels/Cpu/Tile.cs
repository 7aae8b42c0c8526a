// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// Four token rows times three weight rows at once: twelve sums in registers, seven loads for twelve multiply-adds. That is what sixteen 256-bit registers hold
/// (twelve sums, three weights, one activation); wider files have room to spare.
/// </summary>
internal static unsafe class Tile<TLanes, TVector>
    where TLanes : struct, ILanes<TLanes>
    where TVector : struct, IVector<TVector>
{
    public const int Tokens = 4;
    public const int Rows = 3;

    /// <summary>sums[token * 3 + row] = x[token] . w[row], in the canonical order.</summary>
    /// <param name="x">Four rows of F32, <paramref name="xStride"/> apart.</param>
    /// <param name="xStride">Values from one token row to the next.</param>
    /// <param name="w">Three rows of F32, <paramref name="count"/> apart.</param>
    /// <param name="count">Input width, a multiple of sixteen.</param>
    /// <param name="sums">[4, 3].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* x, long xStride, float* w, int count, float* sums)
    {
        float* lanes = stackalloc float[Tokens * Rows * LaneMath.Count];
        for (int part = 0; part < LaneMath.Count; part += TVector.Count)
        {
            Part(x + part, xStride, w + part, count, lanes + part);
        }

        for (int i = 0; i < Tokens * Rows; i++)
        {
            sums[i] = TLanes.Load(lanes + i * LaneMath.Count).Sum();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Part(float* x, long xStride, float* w, int count, float* lanes)
    {
        TVector a0 = default, a1 = default, a2 = default;
        TVector b0 = default, b1 = default, b2 = default;
        TVector c0 = default, c1 = default, c2 = default;
        TVector d0 = default, d1 = default, d2 = default;
        float* end = w + count;
        float* xb = x + xStride;
        float* xc = x + 2 * xStride;
        float* xd = x + 3 * xStride;
        for (; w < end; w += LaneMath.Count)
        {
            TVector w0 = TVector.Load(w);
            TVector w1 = TVector.Load(w + count);
            TVector w2 = TVector.Load(w + 2L * count);
            TVector token = TVector.Load(x);
            a0 = a0.AddProduct(token, w0);
            a1 = a1.AddProduct(token, w1);
            a2 = a2.AddProduct(token, w2);
            token = TVector.Load(xb);
            b0 = b0.AddProduct(token, w0);
            b1 = b1.AddProduct(token, w1);
            b2 = b2.AddProduct(token, w2);
            token = TVector.Load(xc);
            c0 = c0.AddProduct(token, w0);
            c1 = c1.AddProduct(token, w1);
            c2 = c2.AddProduct(token, w2);
            token = TVector.Load(xd);
            d0 = d0.AddProduct(token, w0);
            d1 = d1.AddProduct(token, w1);
            d2 = d2.AddProduct(token, w2);
            x += LaneMath.Count;
            xb += LaneMath.Count;
            xc += LaneMath.Count;
            xd += LaneMath.Count;
        }

        a0.Store(lanes);
        a1.Store(lanes + 16);
        a2.Store(lanes + 32);
        b0.Store(lanes + 48);
        b1.Store(lanes + 64);
        b2.Store(lanes + 80);
        c0.Store(lanes + 96);
        c1.Store(lanes + 112);
        c2.Store(lanes + 128);
        d0.Store(lanes + 144);
        d1.Store(lanes + 160);
        d2.Store(lanes + 176);
    }
}
