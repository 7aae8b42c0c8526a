// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Streams;

/// <summary>Sizes and times in words for people.</summary>
internal static class Quantity
{
    private static readonly string[] Units = ["kB", "MB", "GB", "TB"];

    /// <summary>Decimal units, as hubs show them: 29.3 GB.</summary>
    public static string Bytes(double count)
    {
        if (count < 1000)
        {
            return FormattableString.Invariant($"{count:0} bytes");
        }

        int unit = -1;
        while (unit < 0 || (count >= 999.95 && unit < Units.Length - 1))
        {
            count /= 1000;
            unit++;
        }

        return FormattableString.Invariant($"{count:0.0} {Units[unit]}");
    }

    /// <summary>In two units: 1 h 05 min, 3 min 20 s, 12 s.</summary>
    public static string Time(TimeSpan time) =>
        time.TotalHours >= 1 ? FormattableString.Invariant($"{(int)time.TotalHours} h {time.Minutes:00} min")
        : time.TotalMinutes >= 1 ? FormattableString.Invariant($"{time.Minutes} min {time.Seconds:00} s")
        : FormattableString.Invariant($"{Math.Ceiling(time.TotalSeconds):0} s");
}
