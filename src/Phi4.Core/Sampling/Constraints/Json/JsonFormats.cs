// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>The formats of strings, as patterns: dates that there are, with leap years.</summary>
internal static class JsonFormats
{
    private const string Time = @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?";
    private const string Offset = @"(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)";
    private const string LeapYear = "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)";

    private const string Date =
        @"(?:[1-9]\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))|" + LeapYear + "-02-29)";

    private const string Hex = "[0-9a-fA-F]";
    private const string Label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private const string UriCharacter = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%" + Hex + "{2})";
    private const string Byte = @"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";

    private const string Base64 = "[A-Za-z0-9+/]";

    private static readonly Dictionary<string, string> Patterns = new(StringComparer.Ordinal)
    {
        ["date"] = $"^{Date}$",
        ["time"] = $"^{Time}{Offset}$",
        ["date-time"] = $"^{Date}T{Time}{Offset}$",
        ["uuid"] = $"^{Hex}{{8}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{12}}$",
        ["uri"] = $@"^[a-z][a-z0-9+.-]{{1,15}}://{Label}(?:\.{Label})*(?::[1-9]\d{{0,3}})?(?:/{UriCharacter}*)*(?:\?{UriCharacter}*)?(?:#{UriCharacter}*)?$",
        ["ipv4"] = $@"^{Byte}(?:\.{Byte}){{3}}$",
    };

    /// <summary>Base64 with padding, and with zeros for the bits that the last character does not need.</summary>
    public const string Base64Pattern = $"^(?:{Base64}{{4}})*(?:{Base64}[AQgw]==|{Base64}{{2}}[AEIMQUYcgkosw048]=)?$";

    public static IEnumerable<string> Names => Patterns.Keys;

    public static string? PatternOf(string format) => Patterns.GetValueOrDefault(format);
}
