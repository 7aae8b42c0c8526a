// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>Between which numbers a value has to be.</summary>
/// <param name="Min">Lowest value, or null.</param>
/// <param name="Max">Highest value, or null.</param>
/// <param name="ExcludesMin">The lowest itself is out.</param>
/// <param name="ExcludesMax">The highest itself is out.</param>
internal readonly record struct NumberBounds(decimal? Min, decimal? Max, bool ExcludesMin, bool ExcludesMax)
{
    public static NumberBounds None { get; } = new(null, null, false, false);

    public NumberBounds And(NumberBounds other)
    {
        bool takesMin = Min is null || other.Min > Min || (other.Min == Min && other.ExcludesMin);
        bool takesMax = Max is null || other.Max < Max || (other.Max == Max && other.ExcludesMax);
        return new NumberBounds(
            takesMin ? other.Min : Min, takesMax ? other.Max : Max, takesMin ? other.ExcludesMin : ExcludesMin, takesMax ? other.ExcludesMax : ExcludesMax);
    }

    public bool Allows(decimal value) =>
        (Min is not { } min || value > min || (value == min && !ExcludesMin)) && (Max is not { } max || value < max || (value == max && !ExcludesMax));
}
