// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;
using Spectre.Console;

namespace Phi4.Cli.Streams;

/// <summary>Standard error: notes, progress and errors, as loud and as colourful as was asked for.</summary>
internal sealed class Talk
{
    private readonly Terminal _terminal;
    private readonly bool _quiet;
    private readonly bool _color;
    private readonly Lazy<IAnsiConsole> _console;

    public Talk(Terminal terminal, int verbosity, bool quiet, bool noColor)
    {
        _terminal = terminal;
        _quiet = quiet;
        Verbosity = verbosity;
        bool dumb = terminal.Environment("TERM") == "dumb";
        bool isCi = IsSet("CI") && terminal.Environment("CI") is not ("false" or "0");
        bool forced = IsSet("CLICOLOR_FORCE") && terminal.Environment("CLICOLOR_FORCE") != "0";
        ShowsProgress = terminal.ErrorIsTerminal && !quiet && !dumb && !isCi;
        _color = !noColor && !IsSet("NO_COLOR") && (forced || (terminal.ErrorIsTerminal && !dumb && !isCi));
        _console = new Lazy<IAnsiConsole>(CreateConsole);
    }

    /// <summary>0, 1 with -v, 2 with -vv.</summary>
    public int Verbosity { get; }

    /// <summary>Whether moving bars make sense.</summary>
    public bool ShowsProgress { get; }

    /// <summary>The terminal on standard error, for bars.</summary>
    public IAnsiConsole Console => _console.Value;

    /// <summary>A line for whoever watches.</summary>
    public void Note(string text)
    {
        if (!_quiet)
        {
            WriteLine(text);
        }
    }

    /// <summary>A line for whoever asked to hear more.</summary>
    public void Detail(string text)
    {
        if (Verbosity > 0)
        {
            Note(text);
        }
    }

    /// <summary>Words without a line's end: what a line that is to be typed stands behind.</summary>
    public void Ask(string prompt)
    {
        _terminal.Error.Write(prompt);
        _terminal.Error.Flush();
    }

    /// <summary>Something is wrong, but the command goes on.</summary>
    public void Warn(string text) => Note($"{Paint("warning:", 33)} {text}");

    /// <summary>Why the command ends here.</summary>
    public void Report(ErrorReport report, Exception exception)
    {
        WriteLine($"{Paint("error:", 31)} {report.Message}");
        if (report.Hint is not null)
        {
            WriteLine($"{Paint("hint:", 36)} {report.Hint}");
        }

        if (Verbosity > 1)
        {
            WriteLine(exception.ToString());
        }
    }

    private void WriteLine(string text)
    {
        _terminal.Error.WriteLine(text);
        _terminal.Error.Flush();
    }

    /// <summary>The text in a colour of the terminal, by its number, where colours are wanted.</summary>
    public string Paint(string text, int color) => _color ? FormattableString.Invariant($"\e[{color}m{text}\e[0m") : text;

    private bool IsSet(string variable) => _terminal.Environment(variable) is { Length: > 0 };

    private IAnsiConsole CreateConsole() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = ShowsProgress ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = _color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Interactive = ShowsProgress ? InteractionSupport.Yes : InteractionSupport.No,
        Out = new ErrorStream(_terminal),
    });

    /// <summary>Tells Spectre.Console that it writes to standard error, and how wide that is.</summary>
    private sealed class ErrorStream(Terminal terminal) : IAnsiConsoleOutput
    {
        public TextWriter Writer => terminal.Error;

        public bool IsTerminal => terminal.ErrorIsTerminal;

        public int Width => terminal.Width;

        public int Height => 25;

        public void SetEncoding(System.Text.Encoding encoding)
        {
            // Always UTF-8.
        }
    }
}
