// SPDX-License-Identifier: MIT
using Phi4.Core.Scheduling;
using Phi4.Core.State;

namespace Phi4.Core.Tests.Scheduling;

/// <summary>A prompt of given length that answers with a given number of tokens: <c>firstToken</c>, then 7 forever.</summary>
internal sealed class FixedSequence(int prompt, int answer = 1, int firstToken = 0, bool shares = false)
    : ScheduledSequence([firstToken, .. Enumerable.Repeat(7, prompt - 1)], prompt + answer, new PageTable())
{
    private int _left = answer;
    private bool _cancelled;

    /// <summary>The first position that was computed; -1 before there is one.</summary>
    public int First { get; private set; } = -1;

    public int RetiredCount { get; private set; }

    public override bool SharesPages => shares;

    public override bool IsCancelled => _cancelled;

    public void Cancel() => _cancelled = true;

    public override bool WantsLogits(int position)
    {
        First = First < 0 ? position : First;
        return position == TokenCount - 1;
    }

    public override void Accept(int position, Span<float> logits)
    {
        if (--_left == 0)
        {
            Finish();
        }
        else
        {
            Append(7);
        }
    }

    public override void OnRetired() => RetiredCount++;
}
