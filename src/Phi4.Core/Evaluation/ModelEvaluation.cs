// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Phi4.Core.Generation;
using Phi4.Core.Sampling;

namespace Phi4.Core.Evaluation;

/// <summary>Measures models on a text: how well one foretells it, and how far one is from another. From full rows of logits, never more than some of them in memory.</summary>
public static class ModelEvaluation
{
    /// <summary>The perplexity of a model on a text.</summary>
    /// <param name="model">Any model, its context at least a window.</param>
    /// <param name="tokens">The text.</param>
    /// <param name="options">Windows; null for the defaults.</param>
    /// <param name="progress">Told of each window.</param>
    /// <param name="cancellationToken">Stops within one step.</param>
    /// <exception cref="InvalidOptionsException">An impossible option.</exception>
    /// <exception cref="TextTooShortException">Not one token would count.</exception>
    /// <exception cref="ContextLengthExceededException">A window is longer than the model's context.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id outside the vocabulary.</exception>
    public static async Task<PerplexityResult> PerplexityAsync(
        Phi4Model model,
        IReadOnlyList<int> tokens,
        EvaluationOptions? options = null,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokens);
        int[] text = [.. tokens];
        IReadOnlyList<EvaluationWindow> windows = Cut(text, options ?? new EvaluationOptions(), model);
        List<double> negative = new(windows.Sum(window => window.CountedTokens));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < windows.Count; i++)
        {
            var request = new WindowRequest(TextOf(text, windows[i]), windows[i].FirstCounted, Add, cancellationToken);
            model.Submit(request);
            await request.Completion.ConfigureAwait(false);
            progress?.Report(new EvaluationProgress(i + 1, windows.Count));
        }

        return new PerplexityResult(Extent(text, windows, start), Estimate.Mean(negative));

        void Add(int token, ReadOnlySpan<float> logits, bool isLast) => negative.Add(-RowDivergence.LogProbOf(logits[token], LogSoftmax.Normalise(logits)));
    }

    /// <summary>How far a model is from a base model on a text. The two take turns, some rows of logits at a time.</summary>
    /// <param name="baseModel">What the model is judged by.</param>
    /// <param name="model">Another instance, of the same files or others.</param>
    /// <param name="tokens">The text.</param>
    /// <param name="options">Windows; null for the defaults.</param>
    /// <param name="progress">Told of each window.</param>
    /// <param name="cancellationToken">Stops within one step.</param>
    /// <exception cref="ArgumentException">Both are one instance, whose thread could not wait for itself.</exception>
    /// <exception cref="VocabularyMismatchException">The vocabularies differ in size.</exception>
    /// <exception cref="InvalidOptionsException">An impossible option.</exception>
    /// <exception cref="TextTooShortException">Not one token would count.</exception>
    /// <exception cref="ContextLengthExceededException">A window is longer than a model's context.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id outside the vocabulary.</exception>
    public static async Task<DivergenceResult> CompareAsync(
        Phi4Model baseModel,
        Phi4Model model,
        IReadOnlyList<int> tokens,
        EvaluationOptions? options = null,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokens);
        if (ReferenceEquals(baseModel, model))
        {
            throw new ArgumentException("A model cannot be compared with itself: load it a second time.", nameof(model));
        }

        if (baseModel.Config.VocabSize != model.Config.VocabSize)
        {
            throw new VocabularyMismatchException(baseModel.Config.VocabSize, model.Config.VocabSize);
        }

        int[] text = [.. tokens];
        IReadOnlyList<EvaluationWindow> windows = Cut(text, options ?? new EvaluationOptions(), baseModel, model);
        List<RowDivergence> rows = new(windows.Sum(window => window.CountedTokens));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < windows.Count; i++)
        {
            await CompareAsync(baseModel, model, TextOf(text, windows[i]), windows[i].FirstCounted, rows, cancellationToken).ConfigureAwait(false);
            progress?.Report(new EvaluationProgress(i + 1, windows.Count));
        }

        return Summarise(Extent(text, windows, start), rows);
    }

    private static async Task CompareAsync(
        Phi4Model baseModel, Phi4Model model, int[] window, int firstCounted, List<RowDivergence> rows, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var exchange = new LogitExchange(baseModel.Config.VocabSize, window.Length - firstCounted, stop.Token);
        var baseRequest = new WindowRequest(window, firstCounted, (_, logits, isLast) => exchange.Give(logits, isLast), stop.Token);
        var modelRequest = new WindowRequest(window, firstCounted, Compare, stop.Token);
        Exception? failure = null;
        baseModel.Submit(baseRequest);
        await Task.WhenAll(UntilEndAsync(baseRequest.Completion), UntilEndAsync(RunModelAsync())).ConfigureAwait(false);
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        void Compare(int token, ReadOnlySpan<float> logits, bool isLast)
        {
            rows.Add(RowDivergence.Of(exchange.Take(), logits, token));
            exchange.Return(isLast);
        }

        async Task RunModelAsync()
        {
            await exchange.FirstRowsAsync().ConfigureAwait(false);
            model.Submit(modelRequest);
            await modelRequest.Completion.ConfigureAwait(false);
        }

        // Whoever fails first says why; the other is let go.
        async Task UntilEndAsync(Task run)
        {
            try
            {
                await run.ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Thrown again above, when both are at rest.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref failure, e, null);
                await stop.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private static IReadOnlyList<EvaluationWindow> Cut(int[] tokens, EvaluationOptions options, params ReadOnlySpan<Phi4Model> models)
    {
        IReadOnlyList<EvaluationWindow> windows = EvaluationWindow.Cut(tokens.Length, options);
        int longest = windows.Max(window => window.Length);
        foreach (Phi4Model model in models)
        {
            TokenRange.ThrowIfOutside(tokens, model.Config.VocabSize);
            if (longest > model.ContextLength)
            {
                throw new ContextLengthExceededException(longest, model.ContextLength);
            }
        }

        return windows;
    }

    private static int[] TextOf(int[] text, EvaluationWindow window) => text[window.Start..(window.Start + window.Length)];

    private static EvaluationExtent Extent(int[] text, IReadOnlyList<EvaluationWindow> windows, long start) => new(
        text.Length,
        windows.Sum(window => window.CountedTokens),
        windows.Sum(window => (long)window.Length),
        windows.Count,
        windows.Max(window => window.Length),
        Stopwatch.GetElapsedTime(start));

    private static DivergenceResult Summarise(EvaluationExtent extent, List<RowDivergence> rows)
    {
        double[] sorted = [.. rows.Select(row => row.Kl).Order()];
        double[] differences = [.. rows.Select(row => Math.Abs(row.LogProb - row.BaseLogProb))];
        return new DivergenceResult
        {
            Extent = extent,
            KlDivergence = Mean(row => row.Kl),
            KlMedian = Quantile(0.5),
            Kl90 = Quantile(0.9),
            Kl99 = Quantile(0.99),
            KlMax = sorted[^1],
            Top1Agreement = Mean(row => row.SameTop ? 1 : 0),
            LogProbDifference = Estimate.Mean(differences),
            LogProbDifferenceMax = differences.Max(),
            BasePerplexity = Mean(row => -row.BaseLogProb).Exp(),
            Perplexity = Mean(row => -row.LogProb).Exp(),
            PerplexityRatio = Mean(row => row.BaseLogProb - row.LogProb).Exp(),
        };

        Estimate Mean(Func<RowDivergence, double> value) => Estimate.Mean([.. rows.Select(value)]);
        double Quantile(double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
