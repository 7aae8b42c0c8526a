// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu.MachineCode;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// Two tiles x six tokens: bound by dot products. The tiles' codes are unpacked to unsigned bytes and their scales to floats once for all tokens, side by
/// side in one panel that stays in the first-level cache; that part is C#, in whatever vectors this program was compiled for.
/// </summary>
internal sealed unsafe class VnniPanelKernel<TOps, TV, TInt, TI>(VnniKernels kernels) : TileKernel
    where TOps : struct, IVectorOps<TV>
    where TV : struct
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
{
    private const int Tiles = VnniKernels.PanelTiles;
    private const int MostBlocks = 24;
    private const int BlockBytes = TokenPack.StepsPerBlock * Tiles * VectorBytes;
    private const int ScaleFloats = Tiles * BlockLayout.TileRows;
    private const int VectorBytes = 64;

    private readonly delegate* unmanaged<PanelArguments*, void> _plain = kernels.Panel(hasOffsets: false);
    private readonly delegate* unmanaged<PanelArguments*, void> _withOffsets = kernels.Panel(hasOffsets: true);

    private static int PieceBytes => TOps.Count * sizeof(int);

    public override int UnitTiles => Tiles;

    public override int GroupTokens => VnniKernels.PanelTokens;

    public override TokenForm TokenForm => TokenForm.Bytes;

    // 24 KB of weights, 3 KB of scales and as much of offsets, 6 KB of six tokens.
    public override int RunBlocks => MostBlocks;

    public override int PanelBytes => MostBlocks * (BlockBytes + (2 * ScaleFloats * sizeof(float)));

    public override int Bias(in WeightView weight) => VnniFewTokenKernel.WeightBias;

    public override TileRun Prepare(in WeightView weight, int tile, int block, int blockCount, byte* panel)
    {
        float* scales = (float*)(panel + (MostBlocks * BlockBytes));
        float* offsets = scales + (MostBlocks * ScaleFloats);
        int tileCount = BlockLayout.TileCount(weight.Rows);
        for (int i = 0; i < Tiles; i++)
        {
            // An odd last tile stands twice; the second one's sums are dropped.
            TileRun stored = TileRun.Stored(weight, Math.Min(tile + i, tileCount - 1), block, blockCount);
            byte* destination = panel + (i * VectorBytes);
            if (weight.Format == WeightFormat.Int8)
            {
                UnpackBytes((byte*)stored.Codes, blockCount, destination);
            }
            else
            {
                UnpackHalves((byte*)stored.Codes, blockCount, weight.Table, destination);
            }

            Widen((ushort*)stored.Scales, blockCount, scales + (i * BlockLayout.TileRows));
            if (weight.Offsets != 0)
            {
                Widen((ushort*)stored.Offsets, blockCount, offsets + (i * BlockLayout.TileRows));
            }
        }

        return new TileRun((nint)panel, (nint)scales, weight.Offsets == 0 ? 0 : (nint)offsets, blockCount, weight.Table);
    }

    public override void Multiply(in TileRun weights, in TokenGroup tokens, float* sums)
    {
        var arguments = new PanelArguments
        {
            Weights = (byte*)weights.Codes,
            WeightScales = (float*)weights.Scales,
            WeightOffsets = (float*)weights.Offsets,
            Tokens = tokens.Codes,
            TokenScales = tokens.Scales,
            TokenStarts = tokens.Starts,
            TokenSums = tokens.Sums,
            BlockCount = weights.BlockCount,
            Sums = sums,
        };
        (weights.Offsets == 0 ? _plain : _withOffsets)(&arguments);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackBytes(byte* codes, int blockCount, byte* destination)
    {
        for (int step = 0; step < blockCount * TokenPack.StepsPerBlock; step++, codes += VectorBytes, destination += Tiles * VectorBytes)
        {
            for (int i = 0; i < VectorBytes; i += PieceBytes)
            {
                TInt.Store(destination + i, TInt.Bias(TInt.Load(codes + i)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackHalves(byte* codes, int blockCount, Vector128<sbyte> values, byte* destination)
    {
        sbyte* table = stackalloc sbyte[16];
        (values ^ Vector128.Create(sbyte.MinValue)).Store(table);
        for (int pair = 0; pair < blockCount * TokenPack.StepsPerBlock / 2; pair++, codes += VectorBytes, destination += 2 * Tiles * VectorBytes)
        {
            for (int i = 0; i < VectorBytes; i += PieceBytes)
            {
                TInt.SplitHalves(TInt.Load(codes + i), out TI low, out TI high);
                TInt.Store(destination + i, TInt.Lookup(table, low));
                TInt.Store(destination + (Tiles * VectorBytes) + i, TInt.Lookup(table, high));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(ushort* source, int blockCount, float* destination)
    {
        for (int block = 0; block < blockCount; block++, source += BlockLayout.TileRows, destination += ScaleFloats)
        {
            for (int i = 0; i < BlockLayout.TileRows; i += TOps.Count)
            {
                TOps.Store(destination + i, TOps.LoadHalf(source + i));
            }
        }
    }
}
