// SPDX-License-Identifier: MIT
using Phi4.Core.Evaluation;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Evaluation;

/// <summary>Against an independent float64 computation from the logits of single forward passes.</summary>
[TestFixture]
internal sealed class ModelEvaluationTests
{
    private const double Tolerance = 1e-12; // relative: float64 sums in another order
    private static readonly string Tiny = Goldens.Model("tiny-phi4");
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 40).Select(i => (i * 97 + 5) % 512)];
    private static readonly EvaluationOptions Windows = new() { WindowTokens = 16, Stride = 6 };

    [Test]
    public async Task Perplexity_OfWindows_IsThatOfTheirRows([Values] EvaluationMethod method)
    {
        EvaluationOptions options = Windows with { Method = method, Stride = method == EvaluationMethod.Sliding ? 6 : null };
        await using Phi4Model model = await LoadAsync(WeightType.AsStored);
        PerplexityResult result = await ModelEvaluation.PerplexityAsync(model, Tokens, options);

        double[] negative = [.. Counted(options).Select(row => -NaiveEvaluation.Rows(model, row.Window)[row.Index - 1][row.Window[row.Index]])];
        double mean = negative.Average();
        double error = Math.Sqrt(negative.Sum(value => Math.Pow(value - mean, 2)) / (negative.Length - 1) / negative.Length);
        Assert.Multiple(() =>
        {
            Assert.That(result.NegativeLogProb.Value, Is.EqualTo(mean).Within(Tolerance * mean));
            Assert.That(result.NegativeLogProb.StandardError, Is.EqualTo(error).Within(Tolerance * mean));
            Assert.That(result.Perplexity.Value, Is.EqualTo(Math.Exp(mean)).Within(1e-9).Percent);
            Assert.That(result.Extent.CountedTokens, Is.EqualTo(negative.Length));
            Assert.That(result.Extent.TextTokens, Is.EqualTo(Tokens.Length));
        });
    }

    [Test]
    public async Task Compare_TwoModels_IsTheDivergenceOfTheirRows()
    {
        await using Phi4Model exact = await LoadAsync(WeightType.AsStored);
        await using Phi4Model rough = await LoadAsync(WeightType.Int4);
        DivergenceResult result = await ModelEvaluation.CompareAsync(exact, rough, Tokens, Windows);

        (int[] Window, int Index)[] counted = [.. Counted(Windows)];
        double[][] p = [.. counted.Select(row => NaiveEvaluation.Rows(exact, row.Window)[row.Index - 1])];
        double[][] q = [.. counted.Select(row => NaiveEvaluation.Rows(rough, row.Window)[row.Index - 1])];
        int[] targets = [.. counted.Select(row => row.Window[row.Index])];
        double[] kl = [.. p.Zip(q, NaiveEvaluation.Kl)];
        double[] differences = [.. targets.Select((token, i) => q[i][token] - p[i][token])];
        Assert.Multiple(() =>
        {
            Assert.That(kl.Average(), Is.GreaterThan(1e-4), "the models must differ for the test to mean something");
            Assert.That(result.KlDivergence.Value, Is.EqualTo(kl.Average()).Within(1e-12));
            Assert.That(result.KlMax, Is.EqualTo(kl.Max()).Within(1e-12));
            Assert.That(result.Kl90, Is.EqualTo(kl.Order().ElementAt((int)Math.Ceiling(0.9 * kl.Length) - 1)).Within(1e-12));
            Assert.That(result.Top1Agreement.Value, Is.EqualTo(p.Zip(q, (a, b) => Top(a) == Top(b) ? 1.0 : 0).Average()).Within(1e-15));
            Assert.That(result.LogProbDifference.Value, Is.EqualTo(differences.Average(Math.Abs)).Within(1e-12));
            Assert.That(result.LogProbDifferenceMax, Is.EqualTo(differences.Max(Math.Abs)).Within(1e-12));
            Assert.That(result.PerplexityRatio.Value, Is.EqualTo(Math.Exp(-differences.Average())).Within(1e-9).Percent);
            Assert.That(result.Perplexity.Value / result.BasePerplexity.Value, Is.EqualTo(result.PerplexityRatio.Value).Within(1e-9).Percent);
        });
    }

    [Test]
    public async Task Compare_EqualModels_FindsNothing()
    {
        await using Phi4Model one = await LoadAsync(WeightType.AsStored);
        await using Phi4Model other = await LoadAsync(WeightType.AsStored);
        DivergenceResult result = await ModelEvaluation.CompareAsync(one, other, Tokens, Windows);
        Assert.Multiple(() =>
        {
            Assert.That(result.KlDivergence, Is.EqualTo(new Estimate(0, 0)));
            Assert.That(result.KlMax, Is.Zero);
            Assert.That(result.Top1Agreement.Value, Is.EqualTo(1));
            Assert.That(result.LogProbDifferenceMax, Is.Zero);
            Assert.That(result.PerplexityRatio.Value, Is.EqualTo(1));
            Assert.That(result.Perplexity, Is.EqualTo(result.BasePerplexity));
        });
    }

    [Test]
    public async Task Compare_OneInstance_IsRefused()
    {
        await using Phi4Model model = await LoadAsync(WeightType.AsStored);
        await Assert.ThrowsAsync<ArgumentException>(() => ModelEvaluation.CompareAsync(model, model, Tokens));
    }

    [Test]
    public async Task Compare_OtherVocabulary_SaysBothSizes()
    {
        await using Phi4Model model = await LoadAsync(WeightType.AsStored);
        await using Phi4Model other = await Phi4Model.LoadAsync(Goldens.Model("tiny-phi4-mini"), new Phi4LoadOptions { ContextLength = 64 });
        VocabularyMismatchException error = (await Assert.ThrowsAsync<VocabularyMismatchException>(() => ModelEvaluation.CompareAsync(model, other, Tokens)))!;
        Assert.That((error.BaseSize, error.ModelSize), Is.EqualTo((512, 600)));
    }

    [Test]
    public async Task Compare_Cancelled_EndsBothSides()
    {
        await using Phi4Model one = await LoadAsync(WeightType.AsStored);
        await using Phi4Model other = await LoadAsync(WeightType.AsStored);
        using CancellationTokenSource stop = new();
        var progress = new CancelAtFirstWindow(stop);
        await Assert.CatchAsync<OperationCanceledException>(() => ModelEvaluation.CompareAsync(one, other, Tokens, Windows, progress, stop.Token));
        Assert.That((one.GetStatus().RunningSequences, other.GetStatus().RunningSequences), Is.EqualTo((0, 0)));
        Assert.That((await ModelEvaluation.CompareAsync(one, other, Tokens, Windows)).KlMax, Is.Zero, "both are of use again");
    }

    [Test]
    public async Task Compare_OneSideGone_FailsWithItsReason()
    {
        await using Phi4Model one = await LoadAsync(WeightType.AsStored);
        Phi4Model other = await LoadAsync(WeightType.AsStored);
        await other.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ModelEvaluation.CompareAsync(one, other, Tokens, Windows));
    }

    [Test]
    public async Task Perplexity_WindowLongerThanTheContext_SaysBoth()
    {
        await using Phi4Model model = await LoadAsync(WeightType.AsStored);
        int[] tokens = [.. Enumerable.Range(0, 100)];
        ContextLengthExceededException error = (await Assert.ThrowsAsync<ContextLengthExceededException>(() => ModelEvaluation.PerplexityAsync(model, tokens)))!;
        Assert.That((error.TokenCount, error.ContextLength), Is.EqualTo((100, 64)));
    }

    [Test]
    public async Task Perplexity_IdOutsideTheVocabulary_IsRefused()
    {
        await using Phi4Model model = await LoadAsync(WeightType.AsStored);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ModelEvaluation.PerplexityAsync(model, [1, 512]));
    }

    private static Task<Phi4Model> LoadAsync(WeightType weights) =>
        Phi4Model.LoadAsync(Tiny, new Phi4LoadOptions { ContextLength = 64, Weights = weights, KvCacheType = KvCacheType.F32, MaxSequences = 1, MaxStepTokens = 7 });

    private static IEnumerable<(int[] Window, int Index)> Counted(EvaluationOptions options) =>
        from window in EvaluationWindow.Cut(Tokens.Length, options)
        from index in Enumerable.Range(window.FirstCounted, window.CountedTokens)
        select (Tokens[window.Start..(window.Start + window.Length)], index);

    private static int Top(double[] values) => Array.IndexOf(values, values.Max());

    private sealed class CancelAtFirstWindow(CancellationTokenSource stop) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => stop.Cancel();
    }
}
