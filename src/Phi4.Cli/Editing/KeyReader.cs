// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Cli.Editing;

/// <summary>One thing that somebody did at the keyboard: pressed a key, or put in text.</summary>
/// <param name="Key">The key.</param>
/// <param name="Text">The text, where it is more than one key's: a pasted one, or a character of two code units.</param>
internal readonly record struct KeyPress(ConsoleKeyInfo Key, string? Text);

/// <summary>
/// Keys as the console has them, put together where they belong together. Terminals that are asked to (see <see cref="BeginPastes"/>) put pasted text between
/// two marks, so that a line end in it is text and no Enter.
/// </summary>
/// <param name="read">The next key, waited for.</param>
/// <param name="isAvailable">Whether there is one without waiting.</param>
internal sealed class KeyReader(Func<ConsoleKeyInfo> read, Func<bool> isAvailable)
{
    public const string BeginPastes = "\e[?2004h";
    public const string EndPastes = "\e[?2004l";

    private const string PasteBegins = "[200~";
    private const string PasteEnds = "\e[201~";

    private readonly Queue<ConsoleKeyInfo> _pending = new();

    public KeyPress Read()
    {
        ConsoleKeyInfo key = Next();
        if (char.IsHighSurrogate(key.KeyChar))
        {
            return new KeyPress(key, string.Concat(key.KeyChar, Next().KeyChar));
        }

        return IsEscape(key) && BeginsPaste() ? new KeyPress(key, ReadPaste()) : new KeyPress(key, null);
    }

    private ConsoleKeyInfo Next() => _pending.TryDequeue(out ConsoleKeyInfo key) ? key : read();

    /// <summary>What follows an Escape is the mark of a paste; if not, it is kept.</summary>
    private bool BeginsPaste()
    {
        List<ConsoleKeyInfo> seen = [];
        foreach (char expected in PasteBegins)
        {
            if (_pending.Count == 0 && !isAvailable())
            {
                break;
            }

            seen.Add(Next());
            if (seen[^1].KeyChar != expected)
            {
                break;
            }
        }

        if (string.Concat(seen.Select(key => key.KeyChar)) == PasteBegins)
        {
            return true;
        }

        seen.ForEach(_pending.Enqueue);
        return false;
    }

    private string ReadPaste()
    {
        var text = new StringBuilder();
        while (!EndsWith(text, PasteEnds))
        {
            text.Append(Next().KeyChar);
        }

        text.Length -= PasteEnds.Length;
        return text.Replace("\r\n", "\n").Replace('\r', '\n').ToString();
    }

    private static bool EndsWith(StringBuilder text, string end) => text.Length >= end.Length && text.ToString(text.Length - end.Length, end.Length) == end;

    private static bool IsEscape(ConsoleKeyInfo key) => key.Key == ConsoleKey.Escape && key.Modifiers == 0;
}
