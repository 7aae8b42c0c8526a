// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <summary>Sixteen lanes in one 512-bit register.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Lanes512>
{
    private readonly Vector512<float> _all;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes512(Vector512<float> all)
    {
        _all = all;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(a._all + b._all);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(a._all * b._all);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBFloat16(ushort* source) => new(Widen(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadFloat16(ushort* source) => new(WidenHalf(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 a, Lanes512 b) => new(Vector512.Max(a._all, b._all));

    public static Lanes512 Exp(Lanes512 x) => new(Vector512.Exp(x._all));

    public static Lanes512 Silu(Lanes512 x) => new(Silu(x._all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes512 AddProduct(Lanes512 x, Lanes512 y) => new(MultiplyAdd(x._all, y._all, _all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination)
    {
        _all.Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum()
    {
        Vector256<float> eight = _all.GetLower() + _all.GetUpper();
        return LaneMath.SumOfFour(eight.GetLower() + eight.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> z) => LaneMath.HasFma ? Vector512.FusedMultiplyAdd(x, y, z) : x * y + z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(ushort* source) => (Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()) << 16).AsSingle();

    // Exponent and mantissa moved into place, then scaled by 2^112: exact for subnormals too. Infinity and NaN get the largest exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> WidenHalf(ushort* source)
    {
        Vector512<uint> bits = Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe());
        Vector512<uint> magnitude = (bits & Vector512.Create(0x7FFFu)) << 13;
        Vector512<uint> value = (magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        Vector512<uint> special = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x0F800000u)) & Vector512.Create(0x7F800000u);
        return (value | special | ((bits & Vector512.Create(0x8000u)) << 16)).AsSingle();
    }

    private static Vector512<float> Silu(Vector512<float> x) => x / (Vector512<float>.One + Vector512.Exp(-x));
}
