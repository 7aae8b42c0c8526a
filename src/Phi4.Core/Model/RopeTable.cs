// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;

namespace Phi4.Core.Model;

/// <summary>Computes the rows of the rotary table: cos of RotarySize/2 angles, then their sin.</summary>
/// <remarks>
/// Frequencies and angles are rounded to F32 as the reference implementation rounds them, since models were trained with those angles;
/// cos and sin are then taken in double. Su et al. 2021, "RoFormer"; scaling as in <see cref="RopeScaling"/>'s subclasses.
/// </remarks>
internal static class RopeTable
{
    /// <returns>[rows, RotarySize], row-major; rows as <see cref="RopeRows"/> counts them.</returns>
    public static float[] Build(RopeConfig rope, int contextLength)
    {
        RopeRows rows = RopeRows.Of(rope);
        var table = new float[(long)rows.Count(contextLength) * rope.RotarySize];
        int shortRows = Math.Min(contextLength, rows.SwitchLength);
        double attentionFactor = rope.Scaling is LongRopeScaling { AttentionFactor: double factor } ? factor : 1.0;
        Fill(table, InverseFrequencies(rope, longRegime: false), shortRows, attentionFactor);
        if (contextLength > rows.SwitchLength)
        {
            Fill(table.AsSpan(shortRows * rope.RotarySize), InverseFrequencies(rope, longRegime: true), contextLength, attentionFactor);
        }

        return table;
    }

    /// <summary>RotarySize/2 angles a position, highest frequency first.</summary>
    public static float[] InverseFrequencies(RopeConfig rope, bool longRegime)
    {
        var frequencies = new float[rope.RotarySize / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            float exponent = (float)(2 * i) / rope.RotarySize;
            float wavelengthBase = (float)Math.Pow(rope.Theta, exponent);
            frequencies[i] = rope.Scaling switch
            {
                null => 1f / wavelengthBase,
                LinearRopeScaling linear => 1f / wavelengthBase / (float)linear.Factor,
                LongRopeScaling scaling => 1f / ((longRegime ? scaling.LongFactors : scaling.ShortFactors)[i] * wavelengthBase),
                Llama3RopeScaling llama => Llama3(1f / wavelengthBase, llama),
                _ => throw new ArgumentException($"Rotary scaling {rope.Scaling.GetType().Name} has no formula here.", nameof(rope)),
            };
        }

        return frequencies;
    }

    private static float Llama3(float frequency, Llama3RopeScaling scaling)
    {
        float wavelength = 2f * MathF.PI / frequency;
        float longest = scaling.OriginalMaxPositions / (float)scaling.LowFrequencyFactor;
        float shortest = scaling.OriginalMaxPositions / (float)scaling.HighFrequencyFactor;
        if (wavelength < shortest)
        {
            return frequency;
        }

        float divided = frequency / (float)scaling.Factor;
        if (wavelength > longest)
        {
            return divided;
        }

        float span = (float)(scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        float blend = (scaling.OriginalMaxPositions / wavelength - (float)scaling.LowFrequencyFactor) / span;
        return (1f - blend) * divided + blend * frequency;
    }

    private static void Fill(Span<float> rows, float[] frequencies, int rowCount, double attentionFactor)
    {
        int half = frequencies.Length;
        for (int position = 0; position < rowCount; position++)
        {
            Span<float> row = rows.Slice(position * 2 * half, 2 * half);
            for (int i = 0; i < half; i++)
            {
                double angle = position * frequencies[i]; // an F32 product, as in the reference
                row[i] = (float)(Math.Cos(angle) * attentionFactor);
                row[half + i] = (float)(Math.Sin(angle) * attentionFactor);
            }
        }
    }
}
