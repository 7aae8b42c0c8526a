// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <summary>Sixteen lanes in two 256-bit registers.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<float> _low;
    private readonly Vector256<float> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes256(Vector256<float> low, Vector256<float> high)
    {
        _low = low;
        _high = high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(a._low + b._low, a._high + b._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(a._low * b._low, a._high * b._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBFloat16(ushort* source) => new(Widen(source), Widen(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadFloat16(ushort* source) => new(WidenHalf(source), WidenHalf(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 a, Lanes256 b) => new(Vector256.Max(a._low, b._low), Vector256.Max(a._high, b._high));

    public static Lanes256 Exp(Lanes256 x) => new(Vector256.Exp(x._low), Vector256.Exp(x._high));

    public static Lanes256 Silu(Lanes256 x) => new(Silu(x._low), Silu(x._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes256 AddProduct(Lanes256 x, Lanes256 y) => new(MultiplyAdd(x._low, y._low, _low), MultiplyAdd(x._high, y._high, _high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination)
    {
        _low.Store(destination);
        _high.Store(destination + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum()
    {
        Vector256<float> eight = _low + _high;
        return LaneMath.SumOfFour(eight.GetLower() + eight.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> MultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> z) => LaneMath.HasFma ? Vector256.FusedMultiplyAdd(x, y, z) : x * y + z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(ushort* source) => (Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()) << 16).AsSingle();

    // Exponent and mantissa moved into place, then scaled by 2^112: exact for subnormals too. Infinity and NaN get the largest exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> WidenHalf(ushort* source)
    {
        Vector256<uint> bits = Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
        Vector256<uint> magnitude = (bits & Vector256.Create(0x7FFFu)) << 13;
        Vector256<uint> value = (magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x0F800000u)) & Vector256.Create(0x7F800000u);
        return (value | special | ((bits & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }

    private static Vector256<float> Silu(Vector256<float> x) => x / (Vector256<float>.One + Vector256.Exp(-x));
}
