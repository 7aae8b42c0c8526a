// SPDX-License-Identifier: MIT
using Phi4.Core.Scheduling;
using Phi4.Core.State;

namespace Phi4.Core.Generation;

/// <summary>Brings somebody's own sequence up to date and copies the logits after its last token.</summary>
internal sealed class ForwardRequest : ScheduledSequence
{
    private readonly Memory<float> _destination;
    private readonly CancellationToken _cancellation;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isAbandoned;

    /// <param name="tokens">The whole sequence.</param>
    /// <param name="pages">Its pages; they stay its own.</param>
    /// <param name="destination">[V].</param>
    /// <param name="cancellation">Stops it between two steps; what has been computed stays in the cache.</param>
    public ForwardRequest(ReadOnlySpan<int> tokens, PageTable pages, Memory<float> destination, CancellationToken cancellation)
        : base(tokens, tokens.Length, pages)
    {
        _destination = destination;
        _cancellation = cancellation;
    }

    public Task Completion => _completion.Task;

    public override bool KeepsPages => !_isAbandoned;

    public override bool IsCancelled => _isAbandoned || _cancellation.IsCancellationRequested;

    public override bool WantsLogits(int position) => position == TokenCount - 1;

    /// <summary>The sequence was disposed meanwhile: stop, and give its pages back. On the engine's thread.</summary>
    public void Abandon() => _isAbandoned = true;

    public override void Accept(int position, Span<float> logits)
    {
        logits.CopyTo(_destination.Span);
        Finish();
    }

    public override void OnRetired()
    {
        if (_isAbandoned && !IsFinished)
        {
            _completion.SetException(new ObjectDisposedException(nameof(Phi4Sequence)));
        }
        else
        {
            Settle(_completion, _cancellation);
        }
    }
}
