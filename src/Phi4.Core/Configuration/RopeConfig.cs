// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>Rotary position embedding: base, rotated width, and how frequencies are scaled.</summary>
public sealed record RopeConfig
{
    /// <summary>Base of the geometric series of wavelengths.</summary>
    public required double Theta { get; init; }

    /// <summary>Leading values of each head that are rotated; even, at most the head size.</summary>
    public required int RotarySize { get; init; }

    /// <summary>Null where frequencies are used as they are.</summary>
    public RopeScaling? Scaling { get; init; }
}

/// <summary>A published way to stretch rotary frequencies beyond the trained length.</summary>
public abstract record RopeScaling;

/// <summary>
/// LongRoPE (also spelled "su"): frequencies divided by per-dimension factors, one list for sequences up to the original length and one beyond;
/// cos and sin of both multiplied by an attention factor.
/// </summary>
/// <param name="ShortFactors">RotarySize/2 divisors for sequences of at most <paramref name="OriginalMaxPositions"/> tokens.</param>
/// <param name="LongFactors">RotarySize/2 divisors for longer sequences.</param>
/// <param name="OriginalMaxPositions">Where the regime changes, in tokens.</param>
/// <param name="AttentionFactor">Multiplies cos and sin.</param>
/// <remarks>Ding et al. 2024, arXiv 2402.13753, as in the Hugging Face implementation of Phi3.</remarks>
public sealed record LongRopeScaling(
    IReadOnlyList<float> ShortFactors, IReadOnlyList<float> LongFactors, int OriginalMaxPositions, double AttentionFactor) : RopeScaling;

/// <summary>Llama 3's scaling: low frequencies divided by a factor, high ones kept, a linear blend between.</summary>
/// <param name="Factor">Divisor of low frequencies.</param>
/// <param name="LowFrequencyFactor">Wavelengths above OriginalMaxPositions / this are divided.</param>
/// <param name="HighFrequencyFactor">Wavelengths below OriginalMaxPositions / this are kept.</param>
/// <param name="OriginalMaxPositions">Trained length, in tokens.</param>
public sealed record Llama3RopeScaling(
    double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalMaxPositions) : RopeScaling;

/// <summary>Every frequency divided by one factor.</summary>
/// <param name="Factor">The divisor.</param>
public sealed record LinearRopeScaling(double Factor) : RopeScaling;
