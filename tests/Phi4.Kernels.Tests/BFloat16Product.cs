// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cpu;

namespace Phi4.Kernels.Tests;

/// <summary>BF16 weights times activations rounded to BF16, as docs/numerics.md tells it, on arrays and one number at a time.</summary>
internal static class BFloat16Product
{
    private const int Lanes = 16;
    private const float LeastNormal = 1.17549435e-38f;

    /// <param name="source">Activations, F32.</param>
    /// <param name="weight">Weights, BF16.</param>
    /// <param name="flushes">Whether numbers below the least normal one count as zero, as they do for AVX512-BF16.</param>
    public static float[,] Of(TestMatrix source, TestMatrix weight, bool flushes)
    {
        float[,] x = source.ToArray(), w = weight.ToArray();
        var result = new float[x.GetLength(0), w.GetLength(0)];
        for (int t = 0; t < x.GetLength(0); t++)
        {
            for (int n = 0; n < w.GetLength(0); n++)
            {
                var lanes = new float[Lanes];
                for (int pair = 0; pair < (w.GetLength(1) + 1) / 2; pair++)
                {
                    ref float lane = ref lanes[pair % Lanes];
                    if ((2 * pair) + 1 < w.GetLength(1))
                    {
                        lane = Add(Round(x[t, (2 * pair) + 1]), w[n, (2 * pair) + 1], lane, flushes);
                    }

                    lane = Add(Round(x[t, 2 * pair]), w[n, 2 * pair], lane, flushes);
                }

                for (int apart = Lanes / 2; apart > 0; apart /= 2)
                {
                    for (int i = 0; i < apart; i++)
                    {
                        lanes[i] += lanes[i + apart];
                    }
                }

                result[t, n] = lanes[0];
            }
        }

        return result;
    }

    /// <summary>To the nearer BF16 number, ties to the one whose last bit is 0; what lies at least half a step beyond the largest is infinite.</summary>
    public static float Round(float value)
    {
        if (!float.IsFinite(value))
        {
            return value;
        }

        float below = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000);
        uint above = (BitConverter.SingleToUInt32Bits(below) >> 16) + 1;
        double step = above is 0x7F80 or 0xFF80 ? Math.CopySign(Math.Pow(2, 120), value) : (double)BitConverter.UInt32BitsToSingle(above << 16) - below;
        double part = ((double)value - below) / step;
        bool isUp = part > 0.5 || (part == 0.5 && above % 2 == 0);
        return isUp ? BitConverter.UInt32BitsToSingle(above << 16) : below;
    }

    private static float Add(float x, float w, float sum, bool flushes)
    {
        if (flushes)
        {
            return Flush(MathF.FusedMultiplyAdd(Flush(x), Flush(w), sum));
        }

        return VectorHardware.HasFma ? MathF.FusedMultiplyAdd(x, w, sum) : (x * w) + sum;
    }

    private static float Flush(float value) => Math.Abs(value) < LeastNormal ? MathF.CopySign(0, value) : value;
}
