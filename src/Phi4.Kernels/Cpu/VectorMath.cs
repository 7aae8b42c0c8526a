// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Phi4.Kernels.Cpu;

/// <summary>Functions and the lane sum, the same bits at every width.</summary>
internal static unsafe class VectorMath
{
    /// <summary>Lanes that every sum along a row is kept in: lane = index mod 16.</summary>
    public const int Lanes = 16;

    // 1.5 * 2^23: adding and taking it away rounds to an integer, ties to even.
    private const float RoundMagic = 12582912f;
    private const float Log2E = 1.442695041f;

    // ln 2 in two parts; the first has so few bits that n times it is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>e^x within 1.5 ulp (tested); 0 and infinity beyond the range, subnormals kept, NaN stays NaN.</summary>
    /// <remarks>x = n ln 2 + r, |r| at most ln 2 / 2; Taylor's series of e^r to r^7 (its rest is 5e-9); 2^n in two factors so that subnormals come out.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Exp<TOps, TV>(TV x)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        TV low = TOps.Broadcast(-104f);
        TV high = TOps.Broadcast(89f);
        x = TOps.SelectLess(x, low, low, x);
        x = TOps.SelectLess(high, x, high, x);
        TV n = Round<TOps, TV>(TOps.Multiply(x, TOps.Broadcast(Log2E)));
        TV r = TOps.MultiplyAdd(n, TOps.Broadcast(-Ln2High), x);
        r = TOps.MultiplyAdd(n, TOps.Broadcast(-Ln2Low), r);
        TV sum = TOps.Broadcast(1f / 5040);
        sum = TOps.MultiplyAdd(sum, r, TOps.Broadcast(1f / 720));
        sum = TOps.MultiplyAdd(sum, r, TOps.Broadcast(1f / 120));
        sum = TOps.MultiplyAdd(sum, r, TOps.Broadcast(1f / 24));
        sum = TOps.MultiplyAdd(sum, r, TOps.Broadcast(1f / 6));
        sum = TOps.MultiplyAdd(sum, r, TOps.Broadcast(0.5f));
        sum = TOps.MultiplyAdd(sum, r, TOps.Broadcast(1f));
        sum = TOps.MultiplyAdd(sum, r, TOps.Broadcast(1f));
        TV half = Round<TOps, TV>(TOps.Multiply(n, TOps.Broadcast(0.5f)));
        return TOps.Multiply(TOps.Multiply(sum, TOps.PowerOfTwo(half)), TOps.PowerOfTwo(TOps.Subtract(n, half)));
    }

    /// <summary>silu(gate) * up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV SwiGlu<TOps, TV>(TV gate, TV up)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        TV one = TOps.Broadcast(1f);
        TV denominator = TOps.Add(one, Exp<TOps, TV>(TOps.Subtract(TOps.Broadcast(0f), gate)));
        return TOps.Multiply(TOps.Divide(gate, denominator), up);
    }

    /// <summary>As <see cref="KvRounding.ToBFloat16"/> does, widened again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV RoundForCache<TOps, TV>(TV value)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
    {
        // The square of what is too small is below 2^-108.
        TV limit = TOps.Broadcast(KvRounding.Smallest * KvRounding.Smallest);
        return TOps.SelectLess(TOps.Multiply(value, value), limit, TOps.Broadcast(0), TOps.RoundToBFloat16(value));
    }

    /// <summary>The fixed tree over sixteen lanes: i + (i + 8), then 4, 2 and 1 apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(float* lanes)
    {
        Vector128<float> four = Quarter(lanes);
        return four[0] + four[2] + (four[1] + four[3]);
    }

    /// <summary>The largest of sixteen lanes, none of which may be NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(float* lanes)
    {
        Vector128<float> four = Larger(
            Larger(Vector128.Load(lanes), Vector128.Load(lanes + 4)), Larger(Vector128.Load(lanes + 8), Vector128.Load(lanes + 12)));
        four = Larger(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return four[0] < four[1] ? four[1] : four[0];
    }

    /// <summary>The same tree over four runs of sixteen lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SumFour(float* lanes)
    {
        Vector128<float> a = Quarter(lanes);
        Vector128<float> b = Quarter(lanes + 16);
        Vector128<float> c = Quarter(lanes + 32);
        Vector128<float> d = Quarter(lanes + 48);
        Vector128<float> ab = Low(a, b) + High(a, b);
        Vector128<float> cd = Low(c, d) + High(c, d);

        // ab = (a0+a2, a1+a3, b0+b2, b1+b3), cd alike.
        Vector128<float> even = Sse.IsSupported ? Sse.Shuffle(ab, cd, 0b10_00_10_00) : Vector128.Create(ab[0], ab[2], cd[0], cd[2]);
        Vector128<float> odd = Sse.IsSupported ? Sse.Shuffle(ab, cd, 0b11_01_11_01) : Vector128.Create(ab[1], ab[3], cd[1], cd[3]);
        return even + odd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Larger(Vector128<float> left, Vector128<float> right)
        => Vector128.ConditionalSelect(Vector128.LessThan(left, right), right, left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(float* lanes)
        => Vector128.Load(lanes) + Vector128.Load(lanes + 8) + (Vector128.Load(lanes + 4) + Vector128.Load(lanes + 12));

    // Halves put together by Vector128.Create go through memory, and the wider load waits for the two stores before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> left, Vector128<float> right)
        => Sse.IsSupported ? Sse.MoveLowToHigh(left, right)
            : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left.AsDouble(), right.AsDouble()).AsSingle()
            : Vector128.Create(left.GetLower(), right.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> left, Vector128<float> right)
        => Sse.IsSupported ? Sse.MoveHighToLow(right, left)
            : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left.AsDouble(), right.AsDouble()).AsSingle()
            : Vector128.Create(left.GetUpper(), right.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Round<TOps, TV>(TV value)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => TOps.Subtract(TOps.Add(value, TOps.Broadcast(RoundMagic)), TOps.Broadcast(RoundMagic));
}
