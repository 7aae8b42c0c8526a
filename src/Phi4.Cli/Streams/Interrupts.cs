// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Streams;

/// <summary>
/// What Ctrl-C means just now: the first one stops the answer in progress if a command has said that there is one, else the program;
/// one more, before anything new was begun, leaves at once.
/// </summary>
/// <param name="leave">Ends the process with an exit code; does not come back.</param>
internal sealed class Interrupts(Action<int> leave) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _program = new();
    private CancellationTokenSource? _answer;
    private Action? _warn;
    private Func<bool>? _clear;
    private bool _warned;

    /// <summary>Cancelled when the program is to stop.</summary>
    public CancellationToken Program => _program.Token;

    /// <summary>A token for one answer: the next interrupt cancels it and not the program. Dispose when the answer is over.</summary>
    public Answer BeginAnswer()
    {
        lock (_lock)
        {
            _warned = false;
            _answer = CancellationTokenSource.CreateLinkedTokenSource(_program.Token);
            return new Answer(this, _answer);
        }
    }

    /// <summary>From now on the program waits for somebody to type: the next interrupt only calls <paramref name="warn"/>, the one after it leaves.</summary>
    /// <param name="warn">Says so.</param>
    /// <param name="clear">Throws away what was typed; false if nothing was. An interrupt that did so counts for nothing else.</param>
    public void BeginWaiting(Action warn, Func<bool>? clear = null)
    {
        lock (_lock)
        {
            _warn = warn;
            _clear = clear;
            _warned = false;
        }
    }

    /// <summary>Something new was typed.</summary>
    public void EndWaiting()
    {
        lock (_lock)
        {
            _warn = null;
            _clear = null;
            _warned = false;
        }
    }

    /// <summary>Ctrl-C, or with <paramref name="terminate"/> a request to end that is not to be discussed.</summary>
    public void Signal(bool terminate = false)
    {
        Action act = Meaning(terminate);
        try
        {
            act(); // outside the lock: what is cancelled may come back here
        }
        catch (ObjectDisposedException)
        {
            // The answer ended by itself in this very moment.
        }
    }

    private Action Meaning(bool terminate)
    {
        lock (_lock)
        {
            if (_program.IsCancellationRequested)
            {
                return () => leave(Errors.ExitCode.Interrupted);
            }

            if (!terminate && _answer is null && _clear?.Invoke() == true)
            {
                _warned = false;
                return () => { };
            }

            Action? gentle = _answer is null ? _warn : _answer.Cancel;
            if (terminate || _warned || gentle is null)
            {
                return _program.Cancel;
            }

            _warned = true;
            return gentle;
        }
    }

    public void Dispose() => _program.Dispose();

    private void End(CancellationTokenSource source)
    {
        lock (_lock)
        {
            _answer = ReferenceEquals(_answer, source) ? null : _answer;
        }

        source.Dispose();
    }

    /// <summary>One answer's right to be interrupted alone.</summary>
    internal sealed class Answer(Interrupts owner, CancellationTokenSource source) : IDisposable
    {
        public CancellationToken Token { get; } = source.Token;

        public void Dispose() => owner.End(source);
    }
}
