// SPDX-License-Identifier: MIT
using Phi4.Cli.Editing;
using Phi4.Cli.Streams;
using Phi4.Cli.Verbs;

namespace Phi4.Cli.Chat;

/// <summary>Reads messages: typed in an editor where there is a terminal that can show one, else line by line.</summary>
internal sealed class ChatInput
{
    private const string Prompt = ">>> ";
    private const string Warning = "Ctrl-C once more, or /bye, leaves.";
    private const int Green = 32;

    private readonly VerbContext _context;
    private readonly LineEditor? _editor;

    public ChatInput(VerbContext context)
    {
        _context = context;
        Terminal terminal = context.Terminal;
        _editor = terminal.Keys is null ? null : new LineEditor(
            terminal.Keys, terminal.Error, new LineScreen(terminal.Size), new LineHistory(LineHistory.FileOf(terminal.Environment)), MessageText.Next, ChatCommands.Complete);
    }

    /// <summary>The next message or command; null at the end.</summary>
    public async Task<string?> ReadAsync()
    {
        _context.Interrupts.BeginWaiting(Warn, () => _editor?.Clear() == true);
        try
        {
            return (_editor is null ? await ReadLinesAsync().ConfigureAwait(false) : await EditAsync(_editor).ConfigureAwait(false)) is { } text
                ? MessageText.Finish(text)
                : null;
        }
        finally
        {
            _context.Interrupts.EndWaiting();
            _editor?.Close();
        }
    }

    private Task<string?> EditAsync(LineEditor editor) =>
        Task.Run(() => editor.Read(Prompt, _context.Talk.Paint(Prompt, Green)), CancellationToken.None).WaitAsync(_context.Cancellation);

    private async Task<string?> ReadLinesAsync()
    {
        string text = "";
        while (true)
        {
            if (_context.Terminal.InputIsTerminal)
            {
                _context.Talk.Ask(text.Length == 0 ? Prompt : "... ");
            }

            if (await _context.Terminal.ReadLineAsync(_context.Cancellation).ConfigureAwait(false) is not { } line)
            {
                return text.Length > 0 ? text : null;
            }

            text += line;
            if (MessageText.Next(text) is not { } unfinished)
            {
                return text;
            }

            text = unfinished;
        }
    }

    private void Warn()
    {
        if (_editor is null)
        {
            _context.Talk.Note("\n" + Warning);
        }
        else
        {
            _editor.Note(Warning);
        }
    }
}
