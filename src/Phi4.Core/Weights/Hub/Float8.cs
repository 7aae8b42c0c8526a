// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights.Hub;

/// <summary>
/// The 8-bit float E4M3: sign, four bits of exponent, three of mantissa, no infinities, one NaN of each sign. Every number is a whole multiple of 2^-9:
/// the mantissa, with its hidden bit, shifted.
/// </summary>
internal static class Float8
{
    public const float Unit = 1f / 512;

    /// <summary>All bits but the sign; all of them set is no number.</summary>
    public const int Magnitude = 0x7F;

    private const int MantissaBits = 3;

    /// <summary>The number that 0x7F and 0xFF stand for in <see cref="Wholes"/>: none.</summary>
    public const int NotANumber = int.MaxValue;

    /// <summary>What each code is worth, in units of 2^-9: up to 229376 in magnitude.</summary>
    public static int[] Wholes { get; } = [.. Enumerable.Range(0, 256).Select(Whole)];

    /// <summary>What each code is worth.</summary>
    public static float[] Values { get; } = [.. Wholes.Select(whole => whole == NotANumber ? float.NaN : whole * Unit)];

    private static int Whole(int code)
    {
        int magnitude = code & Magnitude;
        if (magnitude == Magnitude)
        {
            return NotANumber;
        }

        int exponent = magnitude >> MantissaBits;
        int mantissa = magnitude & ((1 << MantissaBits) - 1);
        int whole = exponent == 0 ? mantissa : (mantissa | (1 << MantissaBits)) << (exponent - 1);
        return code > Magnitude ? -whole : whole;
    }
}
