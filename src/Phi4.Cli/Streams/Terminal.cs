// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Cli.Editing;

namespace Phi4.Cli.Streams;

/// <summary>What a command reads from and writes to: data in, data out, talk, and the environment. UTF-8 without a mark, lines end in \n.</summary>
internal sealed class Terminal : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Standard input.</summary>
    public required TextReader In { get; init; }

    /// <summary>Standard output: data, nothing else.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard error: talk.</summary>
    public required TextWriter Error { get; init; }

    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of the terminal that talk goes to.</summary>
    public int Width { get; init; } = 80;

    /// <summary>The keyboard, key by key; null where there is none, or no terminal that could show what is typed.</summary>
    public KeyReader? Keys { get; init; }

    /// <summary>Columns and rows just now; a window can change.</summary>
    public Func<(int Columns, int Rows)> Size { get; init; } = () => (80, 24);

    /// <summary>Looks up an environment variable; null if it is not set.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess()
    {
        bool inputIsTerminal = !Console.IsInputRedirected;
        if (OperatingSystem.IsWindows())
        {
            Console.InputEncoding = Utf8;
            Console.OutputEncoding = Utf8;
        }

        return new Terminal
        {
            // The console's own reader knows the keys of a line that is being typed.
            In = inputIsTerminal ? Console.In : new StreamReader(Console.OpenStandardInput(), Utf8, false, 1 << 16),
            Out = Writer(StandardOutput.Open(), flushesAlways: false),
            Error = Writer(Console.OpenStandardError(), flushesAlways: true),
            InputIsTerminal = inputIsTerminal,
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Width = Columns(),
            // The Windows console edits lines by itself, and does not promise to understand what an editor of ours would write.
            Keys = inputIsTerminal && !Console.IsErrorRedirected && !OperatingSystem.IsWindows() && System.Environment.GetEnvironmentVariable("TERM") != "dumb"
                ? new KeyReader(() => Console.ReadKey(intercept: true), () => Console.KeyAvailable)
                : null,
            Size = () => (Columns(), Rows()),
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>The next line of standard input, null at its end. Whoever waits can be called off even while nothing comes.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await Task.Run(In.ReadLine, CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All that is left on standard input.</summary>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await Task.Run(In.ReadToEnd, CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what is still buffered; a reader that has gone away does not matter any more.</summary>
    public void Dispose()
    {
        try
        {
            Out.Flush();
            Error.Flush();
        }
        catch (Exception e) when (e is OutputClosedException or IOException)
        {
            // Said already where it mattered: the commands flush after each piece of data.
        }
    }

    private static StreamWriter Writer(Stream stream, bool flushesAlways) => new(stream, Utf8, 1 << 14) { NewLine = "\n", AutoFlush = flushesAlways };

    private static int Rows()
    {
        try
        {
            return Math.Max(2, Console.WindowHeight);
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return 24;
        }
    }

    private static int Columns()
    {
        try
        {
            return Console.IsErrorRedirected ? 80 : Math.Max(20, Console.WindowWidth);
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return 80;
        }
    }
}
