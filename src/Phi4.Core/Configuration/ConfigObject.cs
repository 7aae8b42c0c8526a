// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace Phi4.Core.Configuration;

/// <summary>A JSON object of a model's configuration with typed access; every refusal names file, key, expected and found.</summary>
internal readonly struct ConfigObject
{
    private const long MaxFileBytes = 16 << 20;

    private readonly JsonElement _element;
    private readonly string _prefix;

    private ConfigObject(JsonElement element, string file, string prefix)
    {
        _element = element;
        File = file;
        _prefix = prefix;
    }

    public string File { get; }

    /// <summary>Reads a file's bytes, refusing one that no configuration could fill.</summary>
    public static byte[] ReadFile(string path)
    {
        if (!System.IO.File.Exists(path))
        {
            throw new ModelFormatException(path, null, "a file", "none");
        }

        using (SafeFileHandle handle = System.IO.File.OpenHandle(path))
        {
            // Asked of the open file: a path's length is that of the link, if it is one, and hub caches consist of links.
            long length = RandomAccess.GetLength(handle);
            if (length > MaxFileBytes)
            {
                throw new ModelFormatException(path, null, $"at most {MaxFileBytes} bytes", $"{length}");
            }
        }

        return System.IO.File.ReadAllBytes(path);
    }

    /// <summary>Parses strict JSON: no comments, no trailing commas, no key twice in one object.</summary>
    public static ConfigObject Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        ReadOnlyMemory<byte> text = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        if (!Utf8.IsValid(text.Span))
        {
            throw new ModelFormatException(file, null, "valid UTF-8", "bytes that are not");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object
                ? new ConfigObject(root, file, "")
                : throw new ModelFormatException(file, null, "a JSON object", Describe(root));
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(file, null, "valid JSON", e.Message.TrimEnd('.'), e);
        }
        catch (InvalidOperationException e)
        {
            throw new ModelFormatException(file, null, "keys of whole characters", e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>All keys that are not null, in the file's order.</summary>
    public IReadOnlyList<string> Names =>
        [.. _element.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null).Select(property => property.Name)];

    /// <summary>The key is there and not null.</summary>
    public bool Has(string key) => TryGet(key, out _);

    public int PositiveInt(string key, int limit) => OptionalPositiveInt(key, limit) ?? throw Missing(key, "a positive integer");

    public int? OptionalPositiveInt(string key, int limit) => OptionalInt(key, 1, limit);

    public int? OptionalInt(string key, int least, int most)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return null;
        }

        // 4096.0 is how some writers spell an integer.
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
            && number == Math.Floor(number) && number >= least && number <= most
            ? (int)number
            : throw Refuse(key, $"an integer from {least} to {most}", value);
    }

    public double PositiveNumber(string key) => OptionalPositiveNumber(key) ?? throw Missing(key, "a positive number");

    public double? OptionalPositiveNumber(string key) => OptionalNumber(key, double.Epsilon, double.MaxValue, "a positive number");

    public double? OptionalNumber(string key, double least, double most, string expected)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most
            ? number
            : throw Refuse(key, expected, value);
    }

    public bool Flag(string key, bool absent = false) => OptionalFlag(key) ?? absent;

    public bool? OptionalFlag(string key)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Refuse(key, "true or false", value);
    }

    public string? OptionalText(string key)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return null;
        }

        return TextOf(value) ?? throw Refuse(key, "a string", value);
    }

    public ConfigObject? OptionalObject(string key)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object ? new ConfigObject(value, File, $"{_prefix}{key}.") : throw Refuse(key, "an object", value);
    }

    /// <summary>A list of strings, or null where the key is absent.</summary>
    public IReadOnlyList<string>? OptionalTexts(string key) =>
        OptionalList(key, "a list of strings", TextOf);

    /// <summary>A list of exactly <paramref name="count"/> positive finite numbers.</summary>
    public IReadOnlyList<float> PositiveNumbers(string key, int count)
    {
        string expected = $"a list of {count} positive numbers";
        List<object> list = OptionalList(key, expected, value =>
            value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number > 0 && float.IsFinite(number) ? (object)number : null)
            ?? throw Missing(key, expected);
        return list.Count == count ? [.. list.Cast<float>()] : throw Refuse(key, expected, $"{list.Count} numbers");
    }

    /// <summary>A list of exactly <paramref name="count"/> integers, each from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public IReadOnlyList<int> Integers(string key, int count, int least, int most)
    {
        string expected = $"a list of {count} integers from {least} to {most}";
        List<object> list = OptionalList(key, expected, value =>
            value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most ? (object)number : null)
            ?? throw Missing(key, expected);
        return list.Count == count ? [.. list.Cast<int>()] : throw Refuse(key, expected, $"{list.Count} of them");
    }

    /// <summary>Token ids: one, a list, or none; each inside the vocabulary.</summary>
    public IReadOnlyList<int> TokenIds(string key, int vocabSize)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return [];
        }

        string expected = $"token ids from 0 to {vocabSize - 1}";
        if (value.ValueKind != JsonValueKind.Array)
        {
            return [OptionalInt(key, 0, vocabSize - 1)!.Value];
        }

        List<object> ids = OptionalList(key, expected, item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0 && id < vocabSize ? (object)id : null)!;
        return [.. ids.Cast<int>().Distinct()];
    }

    /// <summary>The text of a value for a message, cut to a line.</summary>
    public string Show(string key) => TryGet(key, out JsonElement value) ? Describe(value) : "nothing";

    public ModelFormatException Missing(string key, string expected) => new(File, _prefix + key, expected, "nothing");

    public ModelFormatException Refuse(string key, string expected) => Refuse(key, expected, Show(key));

    public ModelFormatException Refuse(string key, string expected, string found) => new(File, _prefix + key, expected, found);

    private ModelFormatException Refuse(string key, string expected, JsonElement found) => Refuse(key, expected, Describe(found));

    private List<T>? OptionalList<T>(string key, string expected, Func<JsonElement, T?> read)
        where T : class
    {
        if (!TryGet(key, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Refuse(key, expected, value);
        }

        List<T> list = new(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            list.Add(read(item) ?? throw Refuse($"{key}[{list.Count.ToString(CultureInfo.InvariantCulture)}]", expected, item));
        }

        return list;
    }

    private bool TryGet(string key, out JsonElement value) => _element.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, escaped.
            return null;
        }
    }

    private static string Describe(JsonElement value)
    {
        const int Shown = 80;
        string text = value.GetRawText();
        return text.Length <= Shown ? text : $"{text[..Shown]}...";
    }
}
