// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Editing;

/// <summary>
/// Lets somebody type a text on a terminal and change it on the way. Enter ends it unless <paramref name="next"/> says that it goes on; Alt-Enter and Ctrl-J begin a
/// new line in any case, and so do the line ends of pasted text. Keys come on one thread, <see cref="Clear"/> and <see cref="Note"/> may come on any.
/// </summary>
/// <param name="keys">What is typed.</param>
/// <param name="output">The terminal.</param>
/// <param name="screen">How it is drawn.</param>
/// <param name="history">What was typed before.</param>
/// <param name="next">With what the next line begins, the text so far included; null if the text is complete.</param>
/// <param name="complete">What Tab makes of the text; null for nothing.</param>
internal sealed class LineEditor(
    KeyReader keys, TextWriter output, LineScreen screen, LineHistory history, Func<string, string?> next, Func<string, string?> complete)
{
    private const string Continuation = "... ";

    private readonly Lock _door = new();
    private readonly LineBuffer _buffer = new();
    private string _prompt = "";
    private string _painted = "";
    private bool _isOpen;

    private enum Outcome
    {
        GoesOn,
        Complete,
        EndOfInput,
    }

    /// <summary>Reads a text; null if somebody pressed Ctrl-D where nothing was typed.</summary>
    /// <param name="prompt">What stands before it.</param>
    /// <param name="painted">The same with colours.</param>
    public string? Read(string prompt, string painted)
    {
        lock (_door)
        {
            _buffer.Set("");
            (_prompt, _painted, _isOpen) = (prompt, painted, true);
            output.Write(KeyReader.BeginPastes);
            Draw();
        }

        while (true)
        {
            KeyPress press = keys.Read();
            lock (_door)
            {
                switch (Handle(press))
                {
                    case Outcome.Complete:
                        string text = _buffer.Text;
                        Close();
                        history.Add(text);
                        return text;
                    case Outcome.EndOfInput:
                        Close();
                        return null;
                    default:
                        Draw();
                        break;
                }
            }
        }
    }

    /// <summary>Throws away what was typed and begins anew below; false if nothing was.</summary>
    public bool Clear()
    {
        lock (_door)
        {
            if (!_isOpen || _buffer.Text.Length == 0)
            {
                return false;
            }

            End();
            output.Write("^C" + screen.Leave());
            _buffer.Set("");
            Draw();
            return true;
        }
    }

    /// <summary>Says something above what is being typed.</summary>
    public void Note(string text)
    {
        lock (_door)
        {
            if (_isOpen)
            {
                output.Write($"{screen.Erase()}{text}\r\n");
                Draw();
            }
        }
    }

    /// <summary>Leaves the terminal as it was; nothing if nobody is reading.</summary>
    public void Close()
    {
        lock (_door)
        {
            if (_isOpen)
            {
                End();
                output.Write(screen.Leave() + KeyReader.EndPastes);
                output.Flush();
                _isOpen = false;
            }
        }
    }

    private Outcome Handle(KeyPress press)
    {
        if (press.Text is not null)
        {
            _buffer.Insert(press.Text);
            return Outcome.GoesOn;
        }

        ConsoleKeyInfo key = press.Key;
        bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        bool alt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        switch (key.Key)
        {
            case ConsoleKey.Enter when control || alt:
            case ConsoleKey.J when control:
                _buffer.Insert("\n");
                return Outcome.GoesOn;
            case ConsoleKey.Enter:
                return Enter();
            case ConsoleKey.D when control && _buffer.Text.Length == 0:
                return Outcome.EndOfInput;
        }

        Action? edit = alt ? WithAlt(key.Key) : control ? WithControl(key.Key) : Plain(key.Key);
        if (edit is not null)
        {
            edit();
        }
        else if (!control && !alt && key.KeyChar != '\0' && !char.IsControl(key.KeyChar))
        {
            _buffer.Insert(key.KeyChar.ToString());
        }

        return Outcome.GoesOn;
    }

    private Outcome Enter()
    {
        if (next(_buffer.Text) is not { } unfinished)
        {
            return Outcome.Complete;
        }

        _buffer.Set(unfinished);
        return Outcome.GoesOn;
    }

    private Action? Plain(ConsoleKey key) => key switch
    {
        ConsoleKey.LeftArrow => _buffer.Left,
        ConsoleKey.RightArrow => _buffer.Right,
        ConsoleKey.Home => _buffer.Home,
        ConsoleKey.End => _buffer.End,
        ConsoleKey.UpArrow => Up,
        ConsoleKey.DownArrow => Down,
        ConsoleKey.Backspace => _buffer.DeleteLeft,
        ConsoleKey.Delete => _buffer.DeleteRight,
        ConsoleKey.Tab => Complete,
        _ => null,
    };

    private Action? WithControl(ConsoleKey key) => key switch
    {
        ConsoleKey.LeftArrow => _buffer.WordLeft,
        ConsoleKey.RightArrow => _buffer.WordRight,
        ConsoleKey.A => _buffer.Home,
        ConsoleKey.E => _buffer.End,
        ConsoleKey.B => _buffer.Left,
        ConsoleKey.F => _buffer.Right,
        ConsoleKey.P => Up,
        ConsoleKey.N => Down,
        ConsoleKey.H => _buffer.DeleteLeft,
        ConsoleKey.D => _buffer.DeleteRight,
        ConsoleKey.W or ConsoleKey.Backspace => _buffer.KillWordLeft,
        ConsoleKey.Delete => _buffer.KillWordRight,
        ConsoleKey.U => _buffer.KillToHome,
        ConsoleKey.K => _buffer.KillToEnd,
        ConsoleKey.Y => _buffer.Yank,
        ConsoleKey.L => () => output.Write(screen.Clear()),
        _ => null,
    };

    private Action? WithAlt(ConsoleKey key) => key switch
    {
        ConsoleKey.B or ConsoleKey.LeftArrow => _buffer.WordLeft,
        ConsoleKey.F or ConsoleKey.RightArrow => _buffer.WordRight,
        ConsoleKey.D => _buffer.KillWordRight,
        ConsoleKey.Backspace => _buffer.KillWordLeft,
        _ => null,
    };

    private void Up()
    {
        if (!_buffer.Up() && history.Previous(_buffer.Text) is { } before)
        {
            _buffer.Set(before);
        }
    }

    private void Down()
    {
        if (!_buffer.Down() && history.Next() is { } after)
        {
            _buffer.Set(after);
        }
    }

    private void Complete()
    {
        if (complete(_buffer.Text) is { } longer)
        {
            _buffer.Set(longer);
        }
    }

    private void Draw() => output.Write(screen.Draw(_prompt, _painted, Continuation, _buffer.Text, _buffer.Cursor));

    /// <summary>The cursor behind the text, wherever it was in it.</summary>
    private void End() => output.Write(screen.Draw(_prompt, _painted, Continuation, _buffer.Text, _buffer.Text.Length));
}
