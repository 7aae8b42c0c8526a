// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>How the scale of a block of quantized weights is chosen.</summary>
public enum ScaleChoice
{
    /// <summary>The value of largest magnitude is exact; the rest is rounded to nearest. Fast.</summary>
    Nearest,

    /// <summary>Several scales are tried; the one with the least weighted squared error wins, never worse than <see cref="Nearest"/>.</summary>
    Search,
}
