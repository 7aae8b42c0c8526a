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

    public RecordingSequence(ReadOnlySpan<int> tokens, IEnumerable<int> wantedPositions)
        : base(tokens, tokens.Length, new PageTable(KvCache.PagesFor(tokens.Length)))
    {
        _wanted = [.. wantedPositions, tokens.Length - 1];
    }

    public Task<IReadOnlyDictionary<int, float[]>> Completion => _completion.Task;

    public override bool IsCancelled => false;

    public override bool WantsLogits(int position) => _wanted.Contains(position);

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
