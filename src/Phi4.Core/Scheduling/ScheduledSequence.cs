// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling;
using Phi4.Core.State;

namespace Phi4.Core.Scheduling;

/// <summary>
/// A sequence as the scheduler sees it: tokens known so far, those of them already in the cache, and whether somebody still wants it.
/// What its logits are for is its subclass's business.
/// </summary>
internal abstract class ScheduledSequence
{
    private readonly int[] _tokens;

    /// <param name="tokens">Tokens to begin with; at least one.</param>
    /// <param name="capacity">Most tokens that it will ever hold: room for them is made here, so that a step allocates nothing.</param>
    /// <param name="pages">Pages that already hold a beginning of them, or an empty table.</param>
    protected ScheduledSequence(ReadOnlySpan<int> tokens, int capacity, PageTable pages)
    {
        _tokens = new int[capacity];
        tokens.CopyTo(_tokens);
        TokenCount = tokens.Length;
        Pages = pages;
    }

    public int TokenCount { get; private set; }

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, TokenCount);

    public PageTable Pages { get; }

    /// <summary>Whether the pages stay with their owner when this is done.</summary>
    public virtual bool KeepsPages => false;

    /// <summary>
    /// Whether its pages may begin with what others have computed, and others' with what it has. Then it is not asked about logits within the part that it took over; the logits after its last
    /// token are always computed.
    /// </summary>
    public virtual bool SharesPages => false;

    /// <summary>Tokens that are known but not yet in the cache.</summary>
    public int PendingCount => TokenCount - Pages.Length;

    /// <summary>Nothing more will be run for it.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Why it ended before its time; null if it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Its owner has lost interest; asked before each step.</summary>
    public abstract bool IsCancelled { get; }

    /// <summary>Whether the logits after the token at <paramref name="position"/> are wanted.</summary>
    public abstract bool WantsLogits(int position);

    /// <summary>
    /// Takes the logits that <see cref="WantsLogits"/> asked for, in rising position. May append a token, or finish.
    /// </summary>
    /// <param name="position">Position of the token that they follow.</param>
    /// <param name="logits">[V]; may be overwritten, valid during the call.</param>
    public abstract void Accept(int position, Span<float> logits);

    /// <summary>
    /// Leaves the choice of a token from the logits after <paramref name="position"/> to a device, as the plan says; <see cref="Accept(int, int)"/> has the token then.
    /// False, with nothing added to the plan, to be handed the logits.
    /// </summary>
    public virtual bool TryPlanChoice(DevicePlan plan, int position) => false;

    /// <summary>Takes the token that was chosen as planned.</summary>
    public virtual void Accept(int position, int token) => throw new InvalidOperationException("Nothing was planned.");

    /// <summary>Called once, when it has left the scheduler and its pages are back: finished, failed or cancelled.</summary>
    public abstract void OnRetired();

    public void Fail(Exception failure)
    {
        Failure ??= failure;
        IsFinished = true;
    }

    protected void Finish() => IsFinished = true;

    /// <summary>Tells who waits how it ended: the failure, that it is done, or else that it was cancelled.</summary>
    protected void Settle(TaskCompletionSource completion, CancellationToken cancellation)
    {
        if (Failure is not null)
        {
            completion.SetException(Failure);
        }
        else if (IsFinished)
        {
            completion.SetResult();
        }
        else
        {
            completion.SetCanceled(cancellation);
        }
    }

    protected void Append(int token) => _tokens[TokenCount++] = token;
}
