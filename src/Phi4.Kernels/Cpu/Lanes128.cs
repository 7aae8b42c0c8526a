// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <summary>Sixteen lanes in four 128-bit registers.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> _first;
    private readonly Vector128<float> _second;
    private readonly Vector128<float> _third;
    private readonly Vector128<float> _fourth;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<float> first, Vector128<float> second, Vector128<float> third, Vector128<float> fourth)
    {
        _first = first;
        _second = second;
        _third = third;
        _fourth = fourth;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a._first + b._first, a._second + b._second, a._third + b._third, a._fourth + b._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a._first * b._first, a._second * b._second, a._third * b._third, a._fourth * b._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(Vector128.Load(source), Vector128.Load(source + 4), Vector128.Load(source + 8), Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadBFloat16(ushort* source) => new(Widen(source), Widen(source + 4), Widen(source + 8), Widen(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadFloat16(ushort* source) => new(WidenHalf(source), WidenHalf(source + 4), WidenHalf(source + 8), WidenHalf(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Broadcast(float value) => new(Vector128.Create(value), Vector128.Create(value), Vector128.Create(value), Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 a, Lanes128 b) => new(Vector128.Max(a._first, b._first), Vector128.Max(a._second, b._second), Vector128.Max(a._third, b._third), Vector128.Max(a._fourth, b._fourth));

    public static Lanes128 Exp(Lanes128 x) => new(Vector128.Exp(x._first), Vector128.Exp(x._second), Vector128.Exp(x._third), Vector128.Exp(x._fourth));

    public static Lanes128 Silu(Lanes128 x) => new(Silu(x._first), Silu(x._second), Silu(x._third), Silu(x._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes128 AddProduct(Lanes128 x, Lanes128 y) => new(MultiplyAdd(x._first, y._first, _first), MultiplyAdd(x._second, y._second, _second), MultiplyAdd(x._third, y._third, _third), MultiplyAdd(x._fourth, y._fourth, _fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination)
    {
        _first.Store(destination);
        _second.Store(destination + 4);
        _third.Store(destination + 8);
        _fourth.Store(destination + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum()
    {
        Vector128<float> low = _first + _third;
        Vector128<float> high = _second + _fourth;
        return LaneMath.SumOfFour(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> MultiplyAdd(Vector128<float> x, Vector128<float> y, Vector128<float> z) => LaneMath.HasFma ? Vector128.FusedMultiplyAdd(x, y, z) : x * y + z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Widen(ushort* source) => (Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()) << 16).AsSingle();

    // Exponent and mantissa moved into place, then scaled by 2^112: exact for subnormals too. Infinity and NaN get the largest exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> WidenHalf(ushort* source)
    {
        Vector128<uint> bits = Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe());
        Vector128<uint> magnitude = (bits & Vector128.Create(0x7FFFu)) << 13;
        Vector128<uint> value = (magnitude.AsSingle() * Vector128.Create(5.192296858534828e33f)).AsUInt32();
        Vector128<uint> special = Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(0x0F800000u)) & Vector128.Create(0x7F800000u);
        return (value | special | ((bits & Vector128.Create(0x8000u)) << 16)).AsSingle();
    }

    private static Vector128<float> Silu(Vector128<float> x) => x / (Vector128<float>.One + Vector128.Exp(-x));
}
