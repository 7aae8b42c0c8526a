// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling;
using Phi4.Core.Scheduling;
using Phi4.Core.State;

namespace Phi4.Core.Generation;

/// <summary>Scores a given sequence: each token's log-probability after those before it.</summary>
internal sealed class ScoreRequest : ScheduledSequence
{
    private readonly bool _wantsLastLogits;
    private readonly float?[] _logProbs;
    private readonly TokenLogProb?[] _top;
    private readonly CancellationToken _cancellation;
    private readonly TaskCompletionSource<TokenScores> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private float[]? _lastLogits;

    public ScoreRequest(ReadOnlySpan<int> tokens, bool wantsLastLogits, CancellationToken cancellation)
        : base(tokens, tokens.Length, new PageTable(KvCache.PagesFor(tokens.Length)))
    {
        _wantsLastLogits = wantsLastLogits;
        _logProbs = new float?[tokens.Length];
        _top = new TokenLogProb?[tokens.Length];
        _cancellation = cancellation;
    }

    public Task<TokenScores> Completion => _completion.Task;

    public override bool IsCancelled => _cancellation.IsCancellationRequested;

    // The last token's logits are computed even if nobody wants them: they tell that the sequence is done.
    public override bool WantsLogits(int position) => true;

    public override void Accept(int position, Span<float> logits)
    {
        if (position == TokenCount - 1)
        {
            _lastLogits = _wantsLastLogits ? logits.ToArray() : null;
            Finish();
            return;
        }

        LogSoftmax.Normaliser row = LogSoftmax.Normalise(logits);
        _logProbs[position + 1] = LogSoftmax.Of(logits[Tokens[position + 1]], row);
        _top[position + 1] = new TokenLogProb(logits.IndexOf(row.Max), LogSoftmax.Of(row.Max, row));
    }

    public override void OnRetired()
    {
        if (Failure is not null)
        {
            _completion.SetException(Failure);
        }
        else if (IsFinished)
        {
            _completion.SetResult(new TokenScores { TokenIds = Tokens.ToArray(), LogProbs = _logProbs, Top = _top, LastLogits = _lastLogits is { } last ? last : default(ReadOnlyMemory<float>?) });
        }
        else
        {
            _completion.SetCanceled(_cancellation);
        }
    }
}
