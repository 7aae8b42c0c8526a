// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Json;

namespace Phi4.Cli.Editing;

/// <summary>
/// What was typed before, the newest thousand, kept in a file of one JSON string a line that only its owner may read. Text that begins with a space is not kept.
/// </summary>
internal sealed class LineHistory
{
    public const int MostEntries = 1000;

    private readonly string? _file;
    private readonly List<string> _entries;
    private int _position;
    private string _draft = "";

    /// <param name="file">Where it is kept; null for nowhere.</param>
    public LineHistory(string? file = null)
    {
        _file = file;
        _entries = file is null ? [] : Load(file);
        _position = _entries.Count;
    }

    public IReadOnlyList<string> Entries => _entries;

    /// <summary>The file that the environment asks for: <c>PHI4_HISTORY</c> (0: none), else the place for such files of the system; null for none.</summary>
    public static string? FileOf(Func<string, string?> environment)
    {
        if (environment("PHI4_HISTORY") is { Length: > 0 } named)
        {
            return named == "0" ? null : Path.GetFullPath(named);
        }

        string? folder = environment("XDG_STATE_HOME") is { Length: > 0 } state ? state
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".local", "state") : null;
        return folder is { Length: > 0 } ? Path.Combine(folder, "phi4-engine", "chat-history") : null;
    }

    /// <summary>Remembers what was typed, and stands behind it.</summary>
    public void Add(string text)
    {
        if (!string.IsNullOrWhiteSpace(text) && text[0] != ' ' && (_entries.Count == 0 || _entries[^1] != text))
        {
            _entries.Add(text);
            if (_entries.Count > MostEntries)
            {
                _entries.RemoveAt(0);
            }

            Append(text);
        }

        _position = _entries.Count;
        _draft = "";
    }

    /// <summary>The text before; null if there is none. What is being typed is kept for the way back.</summary>
    public string? Previous(string current)
    {
        if (_position == 0)
        {
            return null;
        }

        _draft = _position == _entries.Count ? current : _draft;
        return _entries[--_position];
    }

    /// <summary>The text after, at the end what was being typed; null behind that.</summary>
    public string? Next() => _position == _entries.Count ? null : ++_position == _entries.Count ? _draft : _entries[_position];

    private static List<string> Load(string file)
    {
        try
        {
            List<string> all = File.Exists(file) ? [.. File.ReadLines(file).Select(Parse).OfType<string>()] : [];
            List<string> kept = [.. all.TakeLast(MostEntries)];
            if (all.Count > 2 * MostEntries)
            {
                string fresh = $"{file}.{Environment.ProcessId}.new";
                Write(fresh, kept);
                File.Move(fresh, file, overwrite: true);
            }

            return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // what is not remembered is no reason not to talk
        }
    }

    private void Append(string text)
    {
        try
        {
            if (_file is not null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
                Write(_file, [text]);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As above.
        }
    }

    private static void Write(string file, IEnumerable<string> entries)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(file, options);
        writer.Write(string.Concat(entries.Select(entry => $"{JsonText.Quote(entry)}\n")));
    }

    /// <summary>A line's text; null for a line that is none, which some other program may have left.</summary>
    private static string? Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.String ? document.RootElement.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
