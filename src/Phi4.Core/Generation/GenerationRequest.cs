// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Threading.Channels;
using Phi4.Core.Sampling;
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
    private readonly int _promptCount;
    private readonly int _minTokens;
    private readonly int _tokenLimit;
    private readonly int _contextLength;
    private readonly CancellationToken _cancellation;
    private readonly Channel<GenerationChunk> _chunks = Channel.CreateUnbounded<GenerationChunk>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false });

    private readonly long _submitted = Stopwatch.GetTimestamp();
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
    /// <param name="cancellation">Stops it between two steps.</param>
    public GenerationRequest(
        int[] prompt, PageTable? past, GenerationOptions options, SamplerScratch scratch, ModelFacts facts, AnswerText? text, CancellationToken cancellation)
        : this(prompt, past, Capacity(prompt, options, facts), options, scratch, facts, text, cancellation)
    {
    }

    private GenerationRequest(
        int[] prompt, PageTable? past, int capacity, GenerationOptions options, SamplerScratch scratch, ModelFacts facts, AnswerText? text,
        CancellationToken cancellation)
        : base(prompt, capacity, past ?? new PageTable(KvCache.PagesFor(capacity)))
    {
        _scratch = scratch;
        _endIds = new FrozenIds([.. options.IgnoreEndTokens ? [] : facts.EndTokenIds, .. options.StopTokenIds ?? []]);
        _state = new SamplerState(options, facts.VocabSize, prompt, _endIds.Values);
        _text = text;
        _promptCount = prompt.Length;
        _contextLength = facts.ContextLength;
        _minTokens = options.MinTokens;
        _tokenLimit = options.MaxTokens ?? int.MaxValue;
        _cancellation = cancellation;
    }

    public ChannelReader<GenerationChunk> Chunks => _chunks.Reader;

    public override bool IsCancelled => _cancellation.IsCancellationRequested;

    private int GeneratedCount { get; set; }

    public override bool WantsLogits(int position)
    {
        if (_started == 0)
        {
            _started = Stopwatch.GetTimestamp();
        }

        return position == TokenCount - 1;
    }

    public override void Accept(int position, Span<float> logits)
    {
        int token = Sampler.Sample(logits, _state, GeneratedCount, _scratch, out TokenLogProbs? logProbs);
        _state.Accept(token);
        Append(token);
        GeneratedCount++;
        _lastToken = Stopwatch.GetTimestamp();
        if (_firstToken == 0)
        {
            _firstToken = _lastToken;
        }

        bool ends = _endIds.Contains(token);
        string text = ends || _text is null ? "" : _text.Append(token, GeneratedCount >= _minTokens);
        FinishReason? reason = ends ? FinishReason.Stop
            : _text is { HitStopString: true } ? FinishReason.StopString
            : GeneratedCount == _tokenLimit ? FinishReason.Length
            : TokenCount == _contextLength ? FinishReason.ContextFull
            : null;
        var chunk = new GenerationChunk { Text = text, TokenIds = [token], LogProbs = logProbs is null ? null : [logProbs], FinishReason = reason };
        if (reason is null)
        {
            _chunks.Writer.TryWrite(chunk);
            return;
        }

        _last = chunk with { Text = text + (_text?.Flush() ?? ""), Usage = Usage() };
        Finish();
    }

    public override void OnRetired()
    {
        if (_last is not null)
        {
            _chunks.Writer.TryWrite(_last); // only now are the pages back: who sees the end sees them free
        }

        _chunks.Writer.TryComplete(Failure ?? (IsFinished ? null : new OperationCanceledException(_cancellation)));
    }

    /// <summary>Most tokens that prompt and answer may come to.</summary>
    private static int Capacity(int[] prompt, GenerationOptions options, ModelFacts facts) =>
        (int)Math.Min(facts.ContextLength, prompt.Length + (long)(options.MaxTokens ?? int.MaxValue));

    private GenerationUsage Usage() => new(
        _promptCount,
        GeneratedCount,
        _state.Seed,
        Stopwatch.GetElapsedTime(_submitted, _started),
        Stopwatch.GetElapsedTime(_started, _firstToken),
        Stopwatch.GetElapsedTime(_firstToken, _lastToken));
}

/// <summary>What a loaded model fixes for every request.</summary>
/// <param name="VocabSize">V.</param>
/// <param name="ContextLength">Longest sequence, in tokens.</param>
/// <param name="EndTokenIds">Tokens that end an answer.</param>
internal sealed record ModelFacts(int VocabSize, int ContextLength, IReadOnlyList<int> EndTokenIds);

/// <summary>A handful of ids, asked for often.</summary>
internal sealed class FrozenIds(IEnumerable<int> ids)
{
    private readonly int[] _ids = [.. ids.Distinct().Order()];

    public IReadOnlyList<int> Values => _ids;

    public bool Contains(int id) => Array.BinarySearch(_ids, id) >= 0;
}
