// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// Activations to signed bytes, per token and block of 32 inputs: scale = largest magnitude / 127, code = x * (127 / largest magnitude) to the nearest
/// integer, ties to even. A share does some of the tokens.
/// </summary>
internal abstract class QuantizeJob : Job
{
    /// <summary>An input costs about as much as this many multiply-adds.</summary>
    public const long Work = 4;

    // Below this largest magnitude 127 / it would overflow; such a block counts as zeros.
    protected const float Least = 127f / float.MaxValue;

    public TensorView Source { get; set; }

    public TokenPack Pack { get; set; }
}

/// <inheritdoc/>
internal sealed unsafe class QuantizeJob<TOps, TV, TInt, TI> : QuantizeJob
    where TOps : struct, IVectorOps<TV>
    where TV : struct
    where TInt : struct, IIntegerOps<TI, TV>
    where TI : struct
{
    public override void Run(int share, int shareCount)
    {
        TokenPack pack = Pack;
        (int start, int end) = Share.Range(pack.GroupCount * pack.GroupTokens, 1, share, shareCount);
        for (int t = start; t < end; t++)
        {
            TokenGroup group = pack.Group(t / pack.GroupTokens, 0);
            float* row = t < pack.TokenCount ? (float*)Source.Address + (t * Source.RowStride) : null;
            Quantize(row, Source.Columns, pack, t % pack.GroupTokens, group);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quantize(float* row, int columns, in TokenPack pack, int place, in TokenGroup group)
    {
        int stepStride = pack.GroupTokens * pack.StepBytes;
        sbyte* codes = group.Codes + (place * pack.StepBytes);
        bool isPairs = pack.Form == TokenForm.Pairs;
        float* tail = stackalloc float[BlockLayout.BlockSize];
        int* values = stackalloc int[BlockLayout.BlockSize];
        for (int block = 0; block < pack.BlockCount; block++)
        {
            int width = row == null ? 0 : Math.Min(BlockLayout.BlockSize, columns - (block * BlockLayout.BlockSize));
            float* source = row + ((nint)block * BlockLayout.BlockSize);
            if (width < BlockLayout.BlockSize)
            {
                new Span<float>(tail, BlockLayout.BlockSize).Clear();
                new ReadOnlySpan<float>(source, width).CopyTo(new Span<float>(tail, width));
                source = tail;
            }

            float scale = Round(source, values);
            int sum = 0;
            for (int step = 0; step < TokenPack.StepsPerBlock; step++, codes += stepStride)
            {
                int a = values[4 * step], b = values[(4 * step) + 1], c = values[(4 * step) + 2], d = values[(4 * step) + 3];
                sum += a + b + c + d;
                if (isPairs)
                {
                    ((int*)codes)[0] = (ushort)a | (c << 16);
                    ((int*)codes)[1] = (ushort)b | (d << 16);
                }
                else
                {
                    *(int*)codes = (byte)a | ((byte)b << 8) | ((byte)c << 16) | (d << 24);
                }
            }

            int number = (block * pack.GroupTokens) + place;
            group.Scales[number] = scale;
            group.Starts[number] = -pack.Bias * sum;
            group.Sums[number] = scale * sum;
        }
    }

    // The block's scale; its codes as integers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Round(float* source, int* values)
    {
        TI bits = TInt.MagnitudeBits(TOps.Load(source));
        for (int i = TOps.Count; i < BlockLayout.BlockSize; i += TOps.Count)
        {
            bits = TInt.Max(bits, TInt.MagnitudeBits(TOps.Load(source + i)));
        }

        TInt.Store(values, bits);
        int most = values[0];
        for (int i = 1; i < TOps.Count; i++)
        {
            most = Math.Max(most, values[i]);
        }

        float largest = BitConverter.Int32BitsToSingle(most);
        bool isZero = largest < Least;
        if (isZero || !float.IsFinite(largest))
        {
            new Span<int>(values, BlockLayout.BlockSize).Clear();
            return isZero ? 0 : float.NaN;
        }

        TV factor = TOps.Broadcast(127f / largest);
        for (int i = 0; i < BlockLayout.BlockSize; i += TOps.Count)
        {
            TInt.Store(values + i, TInt.Round(TOps.Multiply(TOps.Load(source + i), factor)));
        }

        return largest / 127f;
    }
}
