// SPDX-License-Identifier: MIT
using Phi4.Core.Scheduling;
using Phi4.Core.State;

namespace Phi4.TestSupport;

/// <summary>Runs given tokens and keeps the logits after chosen positions.</summary>
internal sealed class RecordingSequence : ScheduledSequence
{
    private readonly HashSet<int> _wanted;
    private readonly TaskCompletionSource<IReadOnlyDictionary<int, float[]>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<int, float[]> _logits = [];

    /// <param name="tokens">What to run.</param>
    /// <param name="wantedPositions">Positions whose logits are kept, beside the last.</param>
    /// <param name="sharesPages">Whether it may take over what others have computed; logits within that part are never handed out.</param>
    public RecordingSequence(ReadOnlySpan<int> tokens, IEnumerable<int> wantedPositions, bool sharesPages = false)
        : base(tokens, tokens.Length, new PageTable(KvCache.PagesFor(tokens.Length)))
    {
        _wanted = [.. wantedPositions, tokens.Length - 1];
        SharesPages = sharesPages;
    }

    public Task<IReadOnlyDictionary<int, float[]>> Completion => _completion.Task;

    /// <summary>The first position that was computed; -1 before that.</summary>
    public int FirstComputed { get; private set; } = -1;

    public override bool SharesPages { get; }

    public override bool IsCancelled => false;

    public override bool WantsLogits(int position)
    {
        FirstComputed = FirstComputed < 0 ? position : FirstComputed;
        return _wanted.Contains(position);
    }

    public override void Accept(int position, Span<float> logits)
    {
        _logits[position] = logits.ToArray();
        if (position == TokenCount - 1)
        {
            Finish();
        }
    }

    public override void OnRetired()
    {
        if (Failure is null)
        {
            _completion.SetResult(_logits);
        }
        else
        {
            _completion.SetException(Failure);
        }
    }
}
