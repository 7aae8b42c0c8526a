// SPDX-License-Identifier: MIT
using Phi4.Cli.Editing;

namespace Phi4.Cli.Tests.Editing;

/// <summary>Types keys from a list; when the list is at its end, calls back and waits for ever.</summary>
internal sealed class Typist
{
    private readonly Queue<ConsoleKeyInfo> _keys = new();

    public KeyReader Keys => new(Next, () => _keys.Count > 0);

    public static ConsoleKeyInfo Key(ConsoleKey key, ConsoleModifiers modifiers = 0, char c = '\0') =>
        new(c, key, modifiers.HasFlag(ConsoleModifiers.Shift), modifiers.HasFlag(ConsoleModifiers.Alt), modifiers.HasFlag(ConsoleModifiers.Control));

    public static ConsoleKeyInfo Control(ConsoleKey key) => Key(key, ConsoleModifiers.Control);

    public static ConsoleKeyInfo Alt(ConsoleKey key) => Key(key, ConsoleModifiers.Alt);

    /// <summary>Characters as a terminal sends them.</summary>
    public Typist Text(string text)
    {
        foreach (char c in text)
        {
            _keys.Enqueue(c switch
            {
                '\r' => Key(ConsoleKey.Enter, 0, '\r'),
                '\n' => Key(ConsoleKey.Enter, ConsoleModifiers.Control, '\n'),
                '\e' => Key(ConsoleKey.Escape, 0, '\e'),
                '\t' => Key(ConsoleKey.Tab, 0, '\t'),
                _ => Key(ConsoleKey.None, 0, c),
            });
        }

        return this;
    }

    public Typist Press(params ConsoleKeyInfo[] keys)
    {
        foreach (ConsoleKeyInfo key in keys)
        {
            _keys.Enqueue(key);
        }

        return this;
    }

    public Typist Press(ConsoleKey key, int times = 1) => Press([.. Enumerable.Repeat(Key(key), times)]);

    private ConsoleKeyInfo Next() => _keys.TryDequeue(out ConsoleKeyInfo key) ? key : throw new EndOfTypingException();
}

/// <summary>Nobody types any more.</summary>
internal sealed class EndOfTypingException : Exception;
