// SPDX-License-Identifier: MIT
using Phi4.Core.Evaluation;
using Spectre.Console;

namespace Phi4.Cli.Verbs;

/// <summary>A bar while windows are evaluated, on a terminal.</summary>
internal static class EvaluationProgressBar
{
    public static Task<T> RunAsync<T>(VerbContext context, Func<IProgress<EvaluationProgress>?, Task<T>> evaluate) => context.Talk.ShowsProgress
        ? context.Talk.Console.Progress().AutoClear(true).StartAsync(bars => evaluate(new Bar(bars.AddTask("Evaluating", maxValue: 1))))
        : evaluate(null);

    private sealed class Bar(ProgressTask task) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => task.Value = (double)value.WindowsDone / value.WindowCount;
    }
}
