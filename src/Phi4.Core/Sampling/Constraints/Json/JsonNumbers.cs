// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>
/// Numbers of a form that every reader takes: integers of up to 18 digits, which fit 64 bits; fractions of up to 16 digits; exponents of up to two.
/// </summary>
internal static class JsonNumbers
{
    private const int MostDigits = 18;
    private const long Largest = 999_999_999_999_999_999;
    private const int MostFractionDigits = 16;

    /// <summary>Numbers of so many digits are all different ones to a reader that holds them as float64.</summary>
    private const int DigitsKeptApart = 15;

    private static readonly Expr Digit = new CharacterExpr(CodePointSet.Digits);

    private static readonly Expr Whole = Expr.Choice(Expr.Of("0"), Expr.Sequence(Digits('1', '9'), Digit.Repeat(0, MostDigits - 1)));

    private static readonly Expr Fraction = FractionOf(MostFractionDigits);

    public static Expr AnyInteger { get; } = Expr.Sequence(Expr.Of("-").Optional(), Whole);

    public static Expr AnyNumber { get; } = Expr.Sequence(
        AnyInteger,
        Fraction.Optional(),
        Expr.Sequence(Expr.Choice(Expr.Of("e"), Expr.Of("E")), Expr.Choice(Expr.Of("+"), Expr.Of("-")).Optional(), Digit.Repeat(1, 2)).Optional());

    /// <summary>Integers between bounds; of none, an expression that nothing matches.</summary>
    public static Expr Integer(NumberBounds bounds)
    {
        (long min, long max) = Wholes(bounds);
        return Between(min, max);
    }

    /// <summary>Numbers between bounds: integers, and those fractions whose neighbouring integers are both within them.</summary>
    public static Expr Number(NumberBounds bounds)
    {
        (long min, long max) = Wholes(bounds);

        // k.f lies between k and k + 1, and may be k itself, but is never k + 1.
        long above = bounds.Max is { } upper ? Clamp(decimal.Floor(upper)) : Largest;
        long below = bounds.Min is { } lower ? Clamp(decimal.Ceiling(lower)) : -Largest;
        int digits = Math.Min(
            bounds.ExcludesMin ? DigitsKeptApart - DigitsOf(bounds.Min!.Value) : MostFractionDigits,
            bounds.ExcludesMax ? DigitsKeptApart - DigitsOf(bounds.Max!.Value) : MostFractionDigits);
        if (digits < 1)
        {
            return Between(min, max); // a fraction might be read as the bound that is excluded
        }

        Expr fraction = FractionOf(Math.Min(digits, MostFractionDigits));
        return Expr.Choice(
            Between(min, max),
            Expr.Sequence(Between(Math.Max(0, min), Math.Min(max, above - 1)), fraction),
            Expr.Sequence(Expr.Of("-"), Between(Math.Max(0, -max), Math.Min(-min, -below - 1)), fraction));
    }

    private static Expr FractionOf(int mostDigits) => Expr.Sequence(Expr.Of("."), Digit.Repeat(1, mostDigits));

    private static int DigitsOf(decimal bound) => decimal.Ceiling(Math.Abs(bound)).ToString(CultureInfo.InvariantCulture).Length;

    private static (long Min, long Max) Wholes(NumberBounds bounds)
    {
        long min = bounds.Min is { } lower ? Clamp(bounds.ExcludesMin ? decimal.Floor(lower) + 1 : decimal.Ceiling(lower)) : -Largest;
        long max = bounds.Max is { } upper ? Clamp(bounds.ExcludesMax ? decimal.Ceiling(upper) - 1 : decimal.Floor(upper)) : Largest;
        return (min, max);
    }

    // One past the largest, so that bounds outside leave nothing rather than the largest itself.
    private static long Clamp(decimal value) => (long)Math.Clamp(value, -Largest - 1, Largest + 1);

    private static Expr Between(long min, long max)
    {
        (min, max) = (Math.Max(min, -Largest), Math.Min(max, Largest));
        List<Expr> options = [];
        if (min < 0 && min <= max)
        {
            options.Add(Expr.Sequence(Expr.Of("-"), Expr.Choice(ByLength(Math.Max(1, -max), -min))));
        }

        if (max >= 0 && min <= max)
        {
            options.AddRange(ByLength(Math.Max(0, min), max));
        }

        return Expr.Choice(options);
    }

    private static List<Expr> ByLength(long min, long max)
    {
        List<Expr> options = [];
        for (long low = min; low <= max;)
        {
            string digits = low.ToString(CultureInfo.InvariantCulture);
            long high = Math.Min(max, long.Parse(new string('9', digits.Length), CultureInfo.InvariantCulture));
            options.Add(SameLength(digits, high.ToString(CultureInfo.InvariantCulture)));
            low = high + 1;
        }

        return options;
    }

    private static Expr SameLength(string low, string high)
    {
        int rest = low.Length - 1;
        if (rest == 0)
        {
            return Digits(low[0], high[0]);
        }

        if (low[0] == high[0])
        {
            return Expr.Sequence(Digits(low[0], low[0]), SameLength(low[1..], high[1..]));
        }

        string zeros = new('0', rest);
        string nines = new('9', rest);
        List<Expr> options = [];
        char first = low[0];
        char last = high[0];
        if (low[1..] != zeros)
        {
            options.Add(Expr.Sequence(Digits(first, first), SameLength(low[1..], nines)));
            first++;
        }

        if (high[1..] != nines)
        {
            options.Add(Expr.Sequence(Digits(last, last), SameLength(zeros, high[1..])));
            last--;
        }

        if (first <= last)
        {
            options.Add(Expr.Sequence(Digits(first, last), Digit.Repeat(rest, rest)));
        }

        return Expr.Choice(options);
    }

    private static CharacterExpr Digits(char low, char high) => new(CodePointSet.Of((low, high)));
}
