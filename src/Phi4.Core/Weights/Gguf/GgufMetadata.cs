// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Weights.Gguf;

/// <summary>
/// The key-value pairs of a GGUF file. Integers are kept as <see cref="long"/>, floats as <see cref="double"/>, lists as arrays of these, of booleans or
/// of strings. A value of another kind than the one asked for, or out of its range, is a <see cref="ModelFormatException"/> that names the key.
/// </summary>
internal sealed class GgufMetadata(string file, IReadOnlyDictionary<string, object> values)
{
    private const int ExcerptLength = 60;

    /// <summary>The file, for messages.</summary>
    public string File => file;

    public bool Has(string key) => values.ContainsKey(key);

    public string? OptionalText(string key) => Optional<string>(key, "a string");

    public bool Flag(string key, bool missing = false) => values.TryGetValue(key, out object? value)
        ? value as bool? ?? throw Refuse(key, "true or false")
        : missing;

    public int PositiveInt(string key, int most) =>
        OptionalInt(key, 1, most) ?? throw Missing(key, string.Create(CultureInfo.InvariantCulture, $"an integer from 1 to {most}"));

    public int? OptionalInt(string key, int least, int most)
    {
        if (!values.TryGetValue(key, out object? value))
        {
            return null;
        }

        return value is long number && number >= least && number <= most
            ? (int)number
            : throw Refuse(key, string.Create(CultureInfo.InvariantCulture, $"an integer from {least} to {most}"));
    }

    public double PositiveNumber(string key) => OptionalPositiveNumber(key) ?? throw Missing(key, "a positive number");

    public double? OptionalPositiveNumber(string key)
    {
        double? number = values.TryGetValue(key, out object? value) ? value as double? ?? value as long? ?? double.NaN : null;
        return number is null || (number > 0 && double.IsFinite(number.Value)) ? number : throw Refuse(key, "a positive number");
    }

    public IReadOnlyList<string> Texts(string key) => Optional<string[]>(key, "a list of strings") ?? throw Missing(key, "a list of strings");

    public IReadOnlyList<long>? OptionalIntegers(string key) => Optional<long[]>(key, "a list of integers");

    public ModelFormatException Missing(string key, string expected) => new(file, key, expected, "no such key");

    public ModelFormatException Refuse(string key, string expected) => Refuse(key, expected, Show(key));

    public ModelFormatException Refuse(string key, string expected, string found, Exception? inner = null) => new(file, key, expected, found, inner);

    /// <summary>A value as messages show it.</summary>
    public string Show(string key) => values.GetValueOrDefault(key) switch
    {
        null => "no such key",
        string text => $"\"{(text.Length > ExcerptLength ? text[..ExcerptLength] + "…" : text)}\"",
        Array list => string.Create(CultureInfo.InvariantCulture, $"a list of {list.Length}"),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        { } other => $"{other}",
    };

    private T? Optional<T>(string key, string expected)
        where T : class =>
        values.TryGetValue(key, out object? value) ? value as T ?? throw Refuse(key, expected) : null;
}
