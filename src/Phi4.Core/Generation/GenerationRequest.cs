// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Phi4.Core.Diagnostics;
using Phi4.Core.Sampling;
using Phi4.Core.Sampling.Constraints;
using Phi4.Core.Scheduling;
using Phi4.Core.State;

namespace Phi4.Core.Generation;

/// <summary>One answer in the making: chooses tokens from logits, turns them into text, watches for its end, and sends it out piece by piece.</summary>
internal sealed class GenerationRequest : ScheduledSequence
{
    private readonly SamplerScratch _scratch;
    private readonly SamplerState _state;
    private readonly FrozenIds _endIds;
    private readonly AnswerText? _text;
    private readonly ConstraintState? _constraint;
    private readonly Queue<int> _forced = new();
    private readonly List<int> _newIds = [];
    private readonly StringBuilder _newText = new();
    private readonly int _promptCount;
    private readonly int _minTokens;
    private readonly int _tokenLimit;
    private readonly int _contextLength;
    private readonly bool _sharesPages;
    private readonly CancellationToken _cancellation;
    private readonly Channel<GenerationChunk> _chunks = Channel.CreateUnbounded<GenerationChunk>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false });

    private readonly string _modelName;
    private readonly RequestTelemetry _telemetry = RequestTelemetry.Begin();
    private readonly long _submitted = Stopwatch.GetTimestamp();
    private int _cachedCount;
    private long _started;
    private long _firstToken;
    private long _lastToken;
    private GenerationChunk? _last;

    /// <param name="prompt">At least one token, and room for one more in the context.</param>
    /// <param name="past">Pages that hold a beginning of it, now the request's own; null for none.</param>
    /// <param name="options">Resolved and validated.</param>
    /// <param name="scratch">The model's; used on the engine's thread only.</param>
    /// <param name="facts">What the model fixes for every request.</param>
    /// <param name="text">Null for a model without a tokenizer: the chunks' texts stay empty.</param>
    /// <param name="constraint">What the options' constraint became, or null.</param>
    /// <param name="cancellation">Stops it between two steps.</param>
    public GenerationRequest(
        int[] prompt, PageTable? past, GenerationOptions options, SamplerScratch scratch, ModelFacts facts, AnswerText? text, CompiledConstraint? constraint,
        CancellationToken cancellation)
        : this(prompt, past, Capacity(prompt, options, facts), options, scratch, facts, text, constraint, cancellation)
    {
    }

    private GenerationRequest(
        int[] prompt, PageTable? past, int capacity, GenerationOptions options, SamplerScratch scratch, ModelFacts facts, AnswerText? text,
        CompiledConstraint? constraint, CancellationToken cancellation)
        : base(prompt, capacity, past ?? new PageTable(KvCache.PagesFor(capacity)))
    {
        _scratch = scratch;
        _endIds = new FrozenIds([.. options.IgnoreEndTokens ? [] : facts.EndTokenIds, .. options.StopTokenIds ?? []]);
        _constraint = constraint is null ? null : new ConstraintState(constraint, _endIds.Values);
        _state = new SamplerState(options, facts.VocabSize, prompt, _endIds.Values, _constraint);
        _text = text;
        _promptCount = prompt.Length;
        _contextLength = facts.ContextLength;
        _modelName = facts.ModelName;
        _minTokens = options.MinTokens;
        _tokenLimit = options.MaxTokens ?? int.MaxValue;
        _sharesPages = past is null && options.PromptCache;
        _cancellation = cancellation;
        if (TakeForced() is { } reason)
        {
            _started = _firstToken = _lastToken = Stopwatch.GetTimestamp();
            End(Chunk(null), reason);
        }
    }

    public ChannelReader<GenerationChunk> Chunks => _chunks.Reader;

    public override bool IsCancelled => _cancellation.IsCancellationRequested;

    public override bool SharesPages => _sharesPages;

    private int GeneratedCount { get; set; }

    /// <summary>Of them, those that the model was not asked for.</summary>
    private int ForcedCount { get; set; }

    public override bool WantsLogits(int position)
    {
        if (_started == 0)
        {
            _started = Stopwatch.GetTimestamp();
            _cachedCount = Math.Min(position, _promptCount); // the first token that has to be computed
        }

        return position == TokenCount - 1;
    }

    public override void Accept(int position, Span<float> logits)
    {
        int token = _forced.TryDequeue(out int forced) ? forced : Sampler.Sample(logits, _state, GeneratedCount, _scratch);
        Accept(token, Sampler.Report(logits, token, _state, _scratch));
    }

    public override bool TryPlanChoice(DevicePlan plan, int position) => _forced.Count == 0 && plan.TryAdd(_state, GeneratedCount);

    public override void Accept(int position, int token) => Accept(token, logProbs: null);

    public override void OnRetired()
    {
        if (_last is not null)
        {
            _chunks.Writer.TryWrite(_last); // only now are the pages back: who sees the end sees them free
        }

        _telemetry.End(_modelName, Course());
        _chunks.Writer.TryComplete(Failure ?? (IsFinished ? null : new OperationCanceledException(_cancellation)));
    }

    private void Accept(int token, TokenLogProbs? logProbs)
    {
        FinishReason? reason = Take(token) ?? TakeForced();
        _lastToken = Stopwatch.GetTimestamp();
        if (_firstToken == 0)
        {
            _firstToken = _lastToken;
        }

        GenerationChunk chunk = Chunk(logProbs);
        if (reason is null)
        {
            _chunks.Writer.TryWrite(chunk);
        }
        else
        {
            End(chunk, reason.Value);
        }
    }

    /// <summary>Most tokens that prompt and answer may come to.</summary>
    private static int Capacity(int[] prompt, GenerationOptions options, ModelFacts facts) =>
        (int)Math.Min(facts.ContextLength, prompt.Length + (long)(options.MaxTokens ?? int.MaxValue));

    /// <summary>The token becomes part of the answer. Says why the answer ends with it, or null.</summary>
    private FinishReason? Take(int token)
    {
        _state.Accept(token);
        Append(token);
        GeneratedCount++;
        _newIds.Add(token);
        bool ends = _endIds.Contains(token);
        if (!ends && _text is not null)
        {
            _newText.Append(_text.Append(token, GeneratedCount >= _minTokens));
        }

        return ends || _text is not { HitStopString: true } && _constraint is { MustEnd: true } ? FinishReason.Stop
            : _text is { HitStopString: true } ? FinishReason.StopString
            : GeneratedCount == _tokenLimit ? FinishReason.Length
            : TokenCount == _contextLength ? FinishReason.ContextFull
            : null;
    }

    /// <summary>Takes what has to follow. Where reports are wanted the model is asked all the same, for its logits, so that the answer does not depend on them.</summary>
    private FinishReason? TakeForced()
    {
        while (_constraint is not null && _forced.Count == 0 && !_constraint.Forced.IsEmpty)
        {
            foreach (int token in _constraint.Forced)
            {
                _forced.Enqueue(token);
            }

            if (_state.LogProbCount is not null)
            {
                return null;
            }

            while (_forced.TryDequeue(out int token))
            {
                ForcedCount++;
                if (Take(token) is { } reason)
                {
                    _forced.Clear();
                    return reason;
                }
            }
        }

        return null;
    }

    private GenerationChunk Chunk(TokenLogProbs? logProbs)
    {
        var chunk = new GenerationChunk { Text = _newText.ToString(), TokenIds = [.. _newIds], LogProbs = logProbs is null ? null : [logProbs] };
        _newText.Clear();
        _newIds.Clear();
        return chunk;
    }

    private void End(GenerationChunk chunk, FinishReason reason)
    {
        _last = chunk with { Text = chunk.Text + (_text?.Flush() ?? ""), FinishReason = reason, Usage = Usage() };
        Finish();
    }

    private RequestCourse Course()
    {
        // Where there was no first step or no token, the time until then is the time until the end.
        long end = Stopwatch.GetTimestamp();
        long started = _started == 0 ? end : _started;
        long first = _firstToken == 0 ? end : _firstToken;
        return new RequestCourse(
            _promptCount,
            _cachedCount,
            GeneratedCount,
            ForcedCount,
            Stopwatch.GetElapsedTime(_submitted, started),
            Stopwatch.GetElapsedTime(started, first),
            Stopwatch.GetElapsedTime(first, _firstToken == 0 ? end : _lastToken),
            Stopwatch.GetElapsedTime(_submitted, end),
            _last?.FinishReason,
            Failure?.GetType().FullName ?? (IsFinished ? null : "cancelled"));
    }

    private GenerationUsage Usage() => new(
        _promptCount,
        GeneratedCount,
        _state.Seed,
        Stopwatch.GetElapsedTime(_submitted, _started),
        Stopwatch.GetElapsedTime(_started, _firstToken),
        Stopwatch.GetElapsedTime(_firstToken, _lastToken))
    { ForcedTokens = ForcedCount, CachedTokens = _cachedCount };
}

/// <summary>What a loaded model fixes for every request.</summary>
/// <param name="VocabSize">V.</param>
/// <param name="ContextLength">Longest sequence, in tokens.</param>
/// <param name="EndTokenIds">Tokens that end an answer.</param>
/// <param name="ModelName">What meters and traces call the model.</param>
internal sealed record ModelFacts(int VocabSize, int ContextLength, IReadOnlyList<int> EndTokenIds, string ModelName);

/// <summary>A handful of ids, asked for often.</summary>
internal sealed class FrozenIds(IEnumerable<int> ids)
{
    private readonly int[] _ids = [.. ids.Distinct().Order()];

    public IReadOnlyList<int> Values => _ids;

    public bool Contains(int id) => Array.BinarySearch(_ids, id) >= 0;
}
