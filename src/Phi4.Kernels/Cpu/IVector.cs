// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu;

/// <summary>One register of F32. A tile of a matrix product holds more sums than sixteen lanes each would leave registers for, so it takes the lanes in turns.</summary>
internal unsafe interface IVector<TSelf>
    where TSelf : struct, IVector<TSelf>
{
    /// <summary>Lanes of a register; divides sixteen.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    /// <summary>This + x * y, rounded as <see cref="ILanes{TSelf}.AddProduct"/> rounds.</summary>
    TSelf AddProduct(TSelf x, TSelf y);

    void Store(float* destination);
}

/// <summary>512 bits.</summary>
internal readonly unsafe struct Register512(Vector512<float> value) : IVector<Register512>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Register512 AddProduct(Register512 x, Register512 y) =>
        new(LaneMath.HasFma ? Vector512.FusedMultiplyAdd(x._value, y._value, _value) : x._value * y._value + _value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);
}

/// <summary>256 bits.</summary>
internal readonly unsafe struct Register256(Vector256<float> value) : IVector<Register256>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Register256 AddProduct(Register256 x, Register256 y) =>
        new(LaneMath.HasFma ? Vector256.FusedMultiplyAdd(x._value, y._value, _value) : x._value * y._value + _value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);
}

/// <summary>128 bits.</summary>
internal readonly unsafe struct Register128(Vector128<float> value) : IVector<Register128>
{
    private readonly Vector128<float> _value = value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Register128 AddProduct(Register128 x, Register128 y) =>
        new(LaneMath.HasFma ? Vector128.FusedMultiplyAdd(x._value, y._value, _value) : x._value * y._value + _value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _value.Store(destination);
}

/// <summary>One number.</summary>
internal readonly unsafe struct RegisterScalar(float value) : IVector<RegisterScalar>
{
    private readonly float _value = value;

    public static int Count => 1;

    public static RegisterScalar Load(float* source) => new(*source);

    public RegisterScalar AddProduct(RegisterScalar x, RegisterScalar y) => new(LaneMath.MultiplyAdd(x._value, y._value, _value));

    public void Store(float* destination) => *destination = _value;
}
