// SPDX-License-Identifier: MIT
using Phi4.Core.Scheduling;
using Phi4.Core.State;

namespace Phi4.Core.Evaluation;

/// <summary>Takes the logits before a token that counts; on the engine's thread.</summary>
/// <param name="token">The text's own token.</param>
/// <param name="logits">[V]: valid during the call.</param>
/// <param name="isLast">No other row of the window follows.</param>
internal delegate void LogitRow(int token, ReadOnlySpan<float> logits, bool isLast);

/// <summary>Runs a window and hands out the logits before each token that counts, in rising order.</summary>
internal sealed class WindowRequest : ScheduledSequence
{
    private readonly LogitRow _onRow;
    private readonly CancellationToken _cancellation;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;

    public WindowRequest(ReadOnlySpan<int> tokens, int firstCounted, LogitRow onRow, CancellationToken cancellation)
        : base(tokens, tokens.Length, new PageTable(KvCache.PagesFor(tokens.Length)))
    {
        _next = firstCounted - 1;
        _onRow = onRow;
        _cancellation = cancellation;
    }

    public Task Completion => _completion.Task;

    public override bool IsCancelled => _cancellation.IsCancellationRequested;

    // What follows the last token is not known: nobody wants its logits. Nor are they wanted twice, when pages were lost and are computed anew.
    public override bool WantsLogits(int position) => position >= _next && position + 1 < TokenCount;

    public override void Accept(int position, Span<float> logits)
    {
        bool isLast = position + 2 == TokenCount;
        _next = position + 1;
        _onRow(Tokens[position + 1], logits, isLast);
        if (isLast)
        {
            Finish();
        }
    }

    public override void OnRetired() => Settle(_completion, _cancellation);
}
