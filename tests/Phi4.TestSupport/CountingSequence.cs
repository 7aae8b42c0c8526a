// SPDX-License-Identifier: MIT
using Phi4.Core.Scheduling;
using Phi4.Core.State;

namespace Phi4.TestSupport;

/// <summary>Decodes greedily without text or channel, and measures what the engine's thread allocates meanwhile.</summary>
internal sealed class CountingSequence(int[] prompt, int steps, bool sharesPages = false) : ScheduledSequence(prompt, prompt.Length + steps, new PageTable(KvCache.PagesFor(prompt.Length + steps)))
{
    private const int WarmUp = 100;

    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _step;
    private long _before;

    public Task Completion => _completion.Task;

    /// <summary>Bytes allocated by the engine's thread after the warm-up.</summary>
    public long AllocatedBytes { get; private set; }

    public override bool SharesPages => sharesPages;

    public override bool IsCancelled => false;

    public override bool WantsLogits(int position) => position == TokenCount - 1;

    public override void Accept(int position, Span<float> logits)
    {
        _step++;
        if (_step == WarmUp)
        {
            _before = GC.GetAllocatedBytesForCurrentThread();
        }

        if (_step == steps - 1)
        {
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - _before;
        }

        if (_step == steps)
        {
            Finish();
            return;
        }

        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        Append(best);
    }

    public override void OnRetired() => _completion.SetResult();
}
