// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// Activations to signed bytes, per token and block of 32 inputs: scale = largest magnitude / 127, code = x * (127 / largest magnitude) to the nearest
/// integer, ties to even. A share does some of the tokens. Nothing is added up but integers, so one vector width serves all.
/// </summary>
internal sealed unsafe class QuantizeJob : Job
{
    /// <summary>An input costs about as much as this many multiply-adds.</summary>
    public const long Work = 4;

    // Below this largest magnitude 127 / it would overflow; such a block counts as zeros.
    private const float Least = 127f / float.MaxValue;

    // Added to a float of magnitude below 2^22, it leaves the nearest integer in the low bits: 1.5 * 2^23.
    private const float RoundMagic = 12582912f;

    public TensorView Source { get; set; }

    public TokenPack Pack { get; set; }

    public override void Run(int share, int shareCount)
    {
        (int start, int end) = Share.Range(Pack.GroupCount * Pack.GroupTokens, 1, share, shareCount);
        for (int t = start; t < end; t++)
        {
            float* row = t < Pack.TokenCount ? (float*)Source.Address + (t * Source.RowStride) : null;
            Quantize(row, Source.Columns, Pack, Pack.Block(t / Pack.GroupTokens, 0), t % Pack.GroupTokens);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quantize(float* row, int columns, in TokenPack pack, byte* block, int place)
    {
        int tokens = pack.GroupTokens, stepBytes = pack.StepBytes, codeBytes = pack.CodeBytes, bias = pack.Bias;
        bool isPairs = pack.Form == TokenForm.Pairs;
        float* tail = stackalloc float[BlockLayout.BlockSize];
        int* lanes = stackalloc int[TokenPack.StepsPerBlock];
        for (int column = 0; column < pack.BlockCount * BlockLayout.BlockSize; column += BlockLayout.BlockSize, block += pack.BlockBytes)
        {
            int width = row == null ? 0 : Math.Min(BlockLayout.BlockSize, columns - column);
            float* source = row + column;
            if (width < BlockLayout.BlockSize)
            {
                new Span<float>(tail, BlockLayout.BlockSize).Clear();
                new ReadOnlySpan<float>(source, width).CopyTo(new Span<float>(tail, width));
                source = tail;
            }

            (float scale, Vector256<sbyte> codes, int sum) = Round(source);
            byte* steps = block + (place * stepBytes);
            if (isPairs)
            {
                Vector256<short> pairs = codes.AsInt16();
                Scatter(lanes, steps, tokens * stepBytes, ((pairs << 8) >> 8).AsInt32());
                Scatter(lanes, steps + sizeof(int), tokens * stepBytes, (pairs >> 8).AsInt32());
            }
            else
            {
                Scatter(lanes, steps, tokens * stepBytes, codes.AsInt32());
            }

            int* numbers = (int*)(block + codeBytes) + place;
            numbers[0] = -bias * sum;
            ((float*)numbers)[tokens] = scale;
            ((float*)numbers)[2 * tokens] = scale * sum;
        }
    }

    // A block's scale, codes and their sum.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (float Scale, Vector256<sbyte> Codes, int Sum) Round(float* source)
    {
        Vector256<float> a = Vector256.Load(source), b = Vector256.Load(source + 8), c = Vector256.Load(source + 16), d = Vector256.Load(source + 24);
        float largest = LargestMagnitude(a, b, c, d);
        bool isZero = largest < Least;
        if (isZero || !float.IsFinite(largest))
        {
            return (isZero ? 0 : float.NaN, Vector256<sbyte>.Zero, 0);
        }

        Vector256<float> factor = Vector256.Create(127f / largest);
        Vector256<int> i = Nearest(a * factor), j = Nearest(b * factor), k = Nearest(c * factor), l = Nearest(d * factor);
        Vector256<sbyte> codes = Vector256.Narrow(Vector256.Narrow(i, j), Vector256.Narrow(k, l));
        return (largest / 127f, codes, Vector256.Sum(i + j + (k + l)));
    }

    // As integers, the bits without the sign are ordered like the magnitudes, infinity and NaN on top.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestMagnitude(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<int> mask = Vector256.Create(int.MaxValue);
        Vector256<int> most = Vector256.Max(
            Vector256.Max(a.AsInt32() & mask, b.AsInt32() & mask), Vector256.Max(c.AsInt32() & mask, d.AsInt32() & mask));
        Vector128<int> four = Vector128.Max(most.GetLower(), most.GetUpper());
        Vector128<int> two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return BitConverter.Int32BitsToSingle(Math.Max(two[0], two[1]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Nearest(Vector256<float> value)
        => (value + Vector256.Create(RoundMagic)).AsInt32() - Vector256.Create(BitConverter.SingleToInt32Bits(RoundMagic));

    // Eight lanes, each to its step.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scatter(int* lanes, byte* destination, int stride, Vector256<int> value)
    {
        value.Store(lanes);
        for (int step = 0; step < TokenPack.StepsPerBlock; step++)
        {
            *(int*)(destination + (step * stride)) = lanes[step];
        }
    }
}
