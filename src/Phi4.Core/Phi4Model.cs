// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Phi4.Core.Configuration;
using Phi4.Core.Diagnostics;
using Phi4.Core.Generation;
using Phi4.Core.Sampling;
using Phi4.Core.Sampling.Constraints;
using Phi4.Core.State;
using Phi4.Tokenizer;

namespace Phi4;

/// <summary>
/// A loaded model: weights, tokenizer, cache and the engine that serves any number of requests at once. Thread-safe.
/// Disposing it while requests run is safe: they end with <see cref="ObjectDisposedException"/> after the step in progress.
/// </summary>
public sealed class Phi4Model : IDisposable, IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly TextTools? _text;
    private readonly GenerationConfig _generation;
    private readonly ModelFacts _facts;
    private readonly SamplerScratch _scratch;
    private readonly ConstraintCompiler? _constraints;

    internal Phi4Model(ModelConfig config, GenerationConfig generation, TextTools? text, Engine engine, Phi4Device device, string deviceReason = "", string name = "")
    {
        Config = config;
        Device = device;
        DeviceReason = deviceReason;
        _generation = generation;
        _text = text;
        _engine = engine;
        _scratch = new SamplerScratch(config.VocabSize);
        _constraints = text is null ? null : new ConstraintCompiler(text.Tokenizer, config.VocabSize);
        _facts = new ModelFacts(config.VocabSize, engine.Limits.ContextLength, EndTokens.Of(config, generation), name);
    }

    /// <summary>What the model is.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where the arithmetic runs; never <see cref="Phi4Device.Auto"/>.</summary>
    public Phi4Device Device { get; }

    /// <summary>Why it runs there: the device's name and sizes, or, on the processor, what speaks against a device. A phrase for people.</summary>
    public string DeviceReason { get; }

    /// <summary>Longest sequence, prompt and answer together, in tokens.</summary>
    public int ContextLength => _facts.ContextLength;

    /// <summary>What it holds and reads, in bytes.</summary>
    public ModelFootprint Footprint => _engine.Footprint;

    /// <summary>Tokens that end an answer.</summary>
    public IReadOnlyList<int> EndTokenIds => _facts.EndTokenIds;

    /// <summary>The model's tokenizer, or null if its folder has none.</summary>
    public Phi4Tokenizer? Tokenizer => _text?.Tokenizer;

    /// <summary>The model's chat template, or null if its folder has none.</summary>
    public ChatTemplate? ChatTemplate => _text?.ChatTemplate;

    /// <summary>What loading a model would take, and whether it fits, before anything is loaded: weights, cache and scratch against free memory.</summary>
    /// <param name="path">Folder that holds <c>config.json</c>, in which the weights need not be, a GGUF file, or the name of a downloaded model.</param>
    /// <param name="options">As for <see cref="LoadAsync"/>.</param>
    /// <exception cref="ModelFormatException">The configuration is not what it should be.</exception>
    /// <exception cref="InvalidOptionsException">An impossible option.</exception>
    public static MemoryPlan PlanMemory(string path, Phi4LoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ModelLoader.Plan(ModelPath.Find(path, options?.Hub), options ?? new Phi4LoadOptions());
    }

    /// <summary>Loads a model from a folder in Hugging Face layout, from a GGUF file, or by the name under which it was downloaded.</summary>
    /// <param name="path">
    /// Folder that holds <c>config.json</c>, safetensors and, for text, a tokenizer; or a file <c>*.gguf</c>, which holds all of that; or, where there is no such
    /// file or folder, a name as <c>microsoft/phi-4</c> or <c>microsoft/phi-4@revision</c>, for what <see cref="Phi4Hub.PullAsync"/> has brought into the cache.
    /// </param>
    /// <param name="options">Device, context, cache; null for the defaults.</param>
    /// <param name="progress">Told of each tensor.</param>
    /// <param name="cancellationToken">Stops loading; nothing stays open.</param>
    /// <exception cref="ModelFormatException">A file is not what it should be; says which, what was expected and what was found.</exception>
    /// <exception cref="ModelNotCachedException">The name is that of a model which was not downloaded, and <see cref="Phi4LoadOptions.AllowDownload"/> is off.</exception>
    /// <exception cref="HubException">It was to be downloaded, and the hub refused or was not well.</exception>
    /// <exception cref="InsufficientModelMemoryException">The context asked for does not fit; has the numbers.</exception>
    /// <exception cref="DeviceUnavailableException">The device asked for can't be used; says why.</exception>
    /// <exception cref="DeviceException">A device's driver failed.</exception>
    public static Task<Phi4Model> LoadAsync(
        string path, Phi4LoadOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(
            async () =>
            {
                Phi4LoadOptions load = options ?? new Phi4LoadOptions();
                string found = await ModelPath.FindAsync(path, load, cancellationToken).ConfigureAwait(false);
                return ModelLoader.Load(found, load, progress, cancellationToken, name: found == path ? null : path);
            },
            cancellationToken);
    }

    /// <summary>Answers a prompt, piece by piece. The request starts with the enumeration; leaving it early cancels the request.</summary>
    /// <param name="prompt">A conversation, text or tokens.</param>
    /// <param name="options">Null for <see cref="GenerationOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops within one step, during the prompt too, and gives the request's cache pages back.</param>
    /// <returns>Chunks whose last one has the finish reason and the usage.</returns>
    /// <exception cref="InvalidOptionsException">An impossible option; raised by the call itself.</exception>
    /// <exception cref="ConstraintException">A constraint that can't be honoured; raised by the call itself.</exception>
    /// <exception cref="ContextLengthExceededException">The prompt leaves no room for an answer; raised by the call itself.</exception>
    public IAsyncEnumerable<GenerationChunk> GenerateAsync(
        Prompt prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int[] tokens = Encode(prompt);
        GenerationOptions resolved = Resolve(options ?? GenerationOptions.Default);
        if (tokens.Length >= ContextLength)
        {
            throw new ContextLengthExceededException(tokens.Length + 1, ContextLength);
        }

        return Stream(tokens, null, resolved, cancellationToken);
    }

    /// <summary>
    /// Answers what a sequence holds when the enumeration starts. Its cached past is shared, so only tokens that are not in the cache yet are computed,
    /// the last one in any case. The sequence itself stays as it is: it can be answered again, or by several requests at once.
    /// </summary>
    /// <param name="sequence">One of this model's, not empty and not computing.</param>
    /// <param name="options">Null for <see cref="GenerationOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops within one step and gives the answer's cache pages back.</param>
    /// <returns>As for a prompt.</returns>
    /// <exception cref="ArgumentException">The sequence is another model's; raised by the call itself.</exception>
    /// <exception cref="InvalidOptionsException">An impossible option; raised by the call itself.</exception>
    /// <exception cref="InvalidOperationException">The sequence is empty or still computing; raised by the enumeration.</exception>
    /// <exception cref="ContextLengthExceededException">The sequence leaves no room for an answer; raised by the enumeration.</exception>
    public IAsyncEnumerable<GenerationChunk> GenerateAsync(
        Phi4Sequence sequence, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (!sequence.RunsOn(_engine))
        {
            throw new ArgumentException("The sequence was made by another model.", nameof(sequence));
        }

        return StreamFrom(sequence, Resolve(options ?? GenerationOptions.Default), cancellationToken);
    }

    /// <summary>As <see cref="GenerateAsync(Prompt, GenerationOptions?, CancellationToken)"/>, in one piece.</summary>
    public async Task<GenerationResult> CompleteAsync(
        Prompt prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var text = new System.Text.StringBuilder();
        List<int> ids = [];
        List<TokenLogProbs>? logProbs = options?.LogProbs is null ? null : [];
        GenerationChunk? last = null;
        await foreach (GenerationChunk chunk in GenerateAsync(prompt, options, cancellationToken).ConfigureAwait(false))
        {
            text.Append(chunk.Text);
            ids.AddRange(chunk.TokenIds);
            logProbs?.AddRange(chunk.LogProbs ?? []);
            last = chunk;
        }

        return new GenerationResult(text.ToString(), ids, logProbs, last!.FinishReason!.Value, last.Usage!);
    }

    /// <summary>The log-probability of every token of a prompt: perplexity, multiple choice, evaluation.</summary>
    /// <param name="prompt">At least one token, at most <see cref="ContextLength"/>.</param>
    /// <param name="includeLastLogits">Also return the logits after the last token.</param>
    /// <param name="cancellationToken">Stops within one step.</param>
    public Task<TokenScores> ScoreAsync(Prompt prompt, bool includeLastLogits = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var request = new ScoreRequest(Encode(prompt), includeLastLogits, cancellationToken);
        _engine.Submit(request);
        return request.Completion;
    }

    /// <summary>An empty sequence to drive by hand: append, forward to logits, fork, truncate.</summary>
    public Phi4Sequence CreateSequence() => new(_engine, Config.VocabSize);

    /// <summary>Follows a constraint by hand. Compiles it, too: requests that use an equal constraint later find it ready.</summary>
    /// <param name="constraint">What a text has to be.</param>
    /// <exception cref="ConstraintException">It can't be honoured; says where and why.</exception>
    /// <exception cref="InvalidOptionsException">The model has no tokenizer.</exception>
    public ConstraintMatcher CreateMatcher(Constraint constraint)
    {
        ArgumentNullException.ThrowIfNull(constraint);
        return new ConstraintMatcher(new ConstraintState(Compile(constraint)!, EndTokenIds));
    }

    /// <summary>What the engine is doing just now.</summary>
    public Phi4ModelStatus GetStatus() => Phi4ModelStatus.From(_engine.Status());

    /// <summary>Queues a sequence of the library's own making.</summary>
    internal void Submit(Core.Scheduling.ScheduledSequence sequence) => _engine.Submit(sequence);

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    private int[] Encode(Prompt prompt)
    {
        int[] tokens = prompt.Encode(_text);
        if (tokens.Length == 0)
        {
            throw new ArgumentException("The prompt is empty: it needs at least one token.", nameof(prompt));
        }

        TokenRange.ThrowIfOutside(tokens, Config.VocabSize);
        return tokens.Length <= ContextLength ? tokens : throw new ContextLengthExceededException(tokens.Length, ContextLength);
    }

    private GenerationOptions Resolve(GenerationOptions options)
    {
        // Without do_sample the file's sampling values mean nothing; with it, an unnamed temperature is 1.
        bool samples = _generation.DoSample == true;
        GenerationConfig file = samples ? _generation : GenerationConfig.Empty;
        GenerationOptions resolved = options.Resolve(
            samples ? (float)(file.Temperature ?? 1) : null,
            file.TopK,
            (float?)file.TopP,
            (float?)_generation.RepetitionPenalty,
            (float?)file.MinP,
            (float?)file.TypicalP);
        resolved.Validate(Config.VocabSize, _facts.EndTokenIds);
        if (_text is null && resolved.StopStrings is { Count: > 0 })
        {
            throw new InvalidOptionsException(nameof(options.StopStrings), resolved.StopStrings, "none, for a model without a tokenizer");
        }

        Compile(resolved.Constraint);
        return resolved;
    }

    private CompiledConstraint? Compile(Constraint? constraint) =>
        constraint is null ? null
        : _constraints is null ? throw new InvalidOptionsException(nameof(GenerationOptions.Constraint), constraint.Kind, "none, for a model without a tokenizer")
        : _constraints.Compile(constraint);

    private async IAsyncEnumerable<GenerationChunk> StreamFrom(
        Phi4Sequence sequence, GenerationOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (int[] tokens, PageTable past) = sequence.Share();
        await foreach (GenerationChunk chunk in Stream(tokens, past, options, cancellationToken).ConfigureAwait(false))
        {
            yield return chunk;
        }
    }

    private async IAsyncEnumerable<GenerationChunk> Stream(
        int[] prompt, PageTable? past, GenerationOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        AnswerText? text = _text is null ? null : new AnswerText(_text.Tokenizer, options.StopStrings ?? []);
        var request = new GenerationRequest(prompt, past, options, _scratch, _facts, text, Compile(options.Constraint), stop.Token);
        _engine.Submit(request);
        try
        {
            await foreach (GenerationChunk chunk in request.Chunks.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return chunk;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false); // an early break ends here: the engine drops the request before its next step
        }
    }
}

/// <summary>What a model's engine is doing, between two steps.</summary>
/// <param name="RunningSequences">Sequences that the next step may serve.</param>
/// <param name="WaitingSequences">Requests that wait for their turn.</param>
/// <param name="FreeCacheTokens">Tokens that the cache could still take.</param>
/// <param name="CacheTokens">Tokens that the cache holds in all.</param>
public sealed record Phi4ModelStatus(int RunningSequences, int WaitingSequences, long FreeCacheTokens, long CacheTokens)
{
    /// <summary>Of the free ones, tokens in pages that are kept in case a request begins as an ended one did.</summary>
    public long KeptCacheTokens { get; init; }

    internal static Phi4ModelStatus From(EngineStatus status) => new(
        status.RunningCount,
        status.WaitingCount,
        (long)status.FreePageCount * Core.State.KvCache.PageSize,
        (long)status.PageCount * Core.State.KvCache.PageSize)
    {
        KeptCacheTokens = (long)status.IdlePageCount * Core.State.KvCache.PageSize,
    };
}
