// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests.Weights.Quantization;

/// <summary>Normally distributed values, the same on every run: SplitMix64 (Steele, Lea, Flood 2014) and the Box-Muller transform.</summary>
internal static class Gaussian
{
    public static float[] Values(int count, ulong seed)
    {
        float[] values = new float[count];
        ulong state = seed;
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - NextUniform(ref state))) * Math.Cos(2 * Math.PI * NextUniform(ref state)));
        }

        return values;
    }

    private static double NextUniform(ref ulong state)
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
