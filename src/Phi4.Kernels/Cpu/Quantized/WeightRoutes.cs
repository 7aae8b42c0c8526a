// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// One way from stored codes and packed tokens to a block's integer sum: a weight format and the products that the machine has for it.
/// All ways give the same integer.
/// </summary>
/// <typeparam name="TI">A vector of integers, one weight row a lane.</typeparam>
internal unsafe interface IWeightRoute<TI>
    where TI : struct
{
    static abstract TokenForm TokenForm { get; }

    /// <summary>Bytes of four inputs of a token.</summary>
    static abstract int StepBytes { get; }

    /// <summary>Code bytes of a block of a tile.</summary>
    static abstract int CodeBytes { get; }

    /// <summary>What the weights of the products are above those that are meant; a token's start takes it away again.</summary>
    static abstract int Bias(in WeightView weight);

    /// <summary>Operands of step 2 <paramref name="pair"/> of a block and the step after it: one vector a step, or two.</summary>
    static abstract void Load(byte* codes, int pair, sbyte* table, out TI even0, out TI odd0, out TI even1, out TI odd1);

    /// <summary>sum + the step's products with the token's four inputs.</summary>
    static abstract TI MultiplyAdd(TI sum, TI even, TI odd, byte* token);

    /// <summary>32-bit sums of a block's eight steps.</summary>
    static abstract TI Finish(TI sum);
}

/// <summary>8-bit codes, 16-bit products.</summary>
internal readonly unsafe struct Int8Pairs<TInt, TI, TV> : IWeightRoute<TI>
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
    where TV : struct
{
    public static TokenForm TokenForm => TokenForm.Pairs;

    public static int StepBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 8;
    }

    public static int CodeBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BlockLayout.TileRows * BlockLayout.BlockSize;
    }

    public static int Bias(in WeightView weight) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* codes, int pair, sbyte* table, out TI even0, out TI odd0, out TI even1, out TI odd1)
    {
        TInt.Widen(TInt.Load(codes + (pair * 128)), out even0, out odd0);
        TInt.Widen(TInt.Load(codes + (pair * 128) + 64), out even1, out odd1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI MultiplyAdd(TI sum, TI even, TI odd, byte* token)
        => TInt.MultiplyAddPairs(TInt.MultiplyAddPairs(sum, even, TInt.Broadcast(token)), odd, TInt.Broadcast(token + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI Finish(TI sum) => sum;
}

/// <summary>4-bit codes into any table, 16-bit products.</summary>
internal readonly unsafe struct Int4Pairs<TInt, TI, TV> : IWeightRoute<TI>
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
    where TV : struct
{
    public static TokenForm TokenForm => TokenForm.Pairs;

    public static int StepBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 8;
    }

    public static int CodeBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BlockLayout.TileRows * BlockLayout.BlockSize / 2;
    }

    public static int Bias(in WeightView weight) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* codes, int pair, sbyte* table, out TI even0, out TI odd0, out TI even1, out TI odd1)
    {
        TInt.SplitHalves(TInt.Load(codes + (pair * 64)), out TI low, out TI high);
        TInt.Widen(TInt.Lookup(table, low), out even0, out odd0);
        TInt.Widen(TInt.Lookup(table, high), out even1, out odd1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI MultiplyAdd(TI sum, TI even, TI odd, byte* token) => Int8Pairs<TInt, TI, TV>.MultiplyAdd(sum, even, odd, token);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI Finish(TI sum) => sum;
}

/// <summary>4-bit codes that stand for consecutive integers: products of the codes themselves, whose 16-bit sums hold a block (8 * 2 * 15 * 127 = 30,480).</summary>
internal readonly unsafe struct Int4Bytes<TInt, TI, TV> : IWeightRoute<TI>
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
    where TV : struct
{
    public static TokenForm TokenForm => TokenForm.Bytes;

    public static int StepBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static int CodeBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BlockLayout.TileRows * BlockLayout.BlockSize / 2;
    }

    public static bool Takes(in WeightView weight)
    {
        for (int i = 1; i < 16; i++)
        {
            if (weight.Table[i] != weight.Table[i - 1] + 1)
            {
                return false;
            }
        }

        return TInt.HasByteProducts;
    }

    public static int Bias(in WeightView weight) => -weight.Table[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* codes, int pair, sbyte* table, out TI even0, out TI odd0, out TI even1, out TI odd1)
    {
        TInt.SplitHalves(TInt.Load(codes + (pair * 64)), out even0, out even1);
        odd0 = even0;
        odd1 = even1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI MultiplyAdd(TI sum, TI even, TI odd, byte* token) => TInt.MultiplyAddBytes(sum, even, TInt.Broadcast(token));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI Finish(TI sum) => TInt.AddPairs(sum);
}

/// <summary>8-bit codes, four-way products.</summary>
internal readonly unsafe struct Int8Quads<TInt, TI, TV> : IWeightRoute<TI>
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
    where TV : struct
{
    public static TokenForm TokenForm => TokenForm.Bytes;

    public static int StepBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static int CodeBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BlockLayout.TileRows * BlockLayout.BlockSize;
    }

    public static int Bias(in WeightView weight) => IntegerHardware.QuadBias;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* codes, int pair, sbyte* table, out TI even0, out TI odd0, out TI even1, out TI odd1)
    {
        even0 = odd0 = Biased(TInt.Load(codes + (pair * 128)));
        even1 = odd1 = Biased(TInt.Load(codes + (pair * 128) + 64));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI MultiplyAdd(TI sum, TI even, TI odd, byte* token) => TInt.MultiplyAddQuads(sum, even, TInt.Broadcast(token));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI Finish(TI sum) => sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI Biased(TI values) => IntegerHardware.QuadBias == 0 ? values : TInt.Bias(values);
}

/// <summary>4-bit codes into any table, four-way products.</summary>
internal readonly unsafe struct Int4Quads<TInt, TI, TV> : IWeightRoute<TI>
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
    where TV : struct
{
    public static TokenForm TokenForm => TokenForm.Bytes;

    public static int StepBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static int CodeBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BlockLayout.TileRows * BlockLayout.BlockSize / 2;
    }

    public static int Bias(in WeightView weight) => IntegerHardware.QuadBias;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* codes, int pair, sbyte* table, out TI even0, out TI odd0, out TI even1, out TI odd1)
    {
        TInt.SplitHalves(TInt.Load(codes + (pair * 64)), out TI low, out TI high);
        even0 = odd0 = Int8Quads<TInt, TI, TV>.Biased(TInt.Lookup(table, low));
        even1 = odd1 = Int8Quads<TInt, TI, TV>.Biased(TInt.Lookup(table, high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI MultiplyAdd(TI sum, TI even, TI odd, byte* token) => TInt.MultiplyAddQuads(sum, even, TInt.Broadcast(token));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TI Finish(TI sum) => sum;
}
