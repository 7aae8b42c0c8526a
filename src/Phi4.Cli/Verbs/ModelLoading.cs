// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;
using Phi4.Core.Diagnostics;
using Spectre.Console;

namespace Phi4.Cli.Verbs;

/// <summary>Loads the model that a verb was asked for, and says how far it has come.</summary>
internal static class ModelLoading
{
    private static readonly TimeSpan PlainLineEvery = TimeSpan.FromSeconds(10);

    /// <summary>Loads the model; the caller disposes it.</summary>
    /// <param name="context">The verb's surroundings.</param>
    /// <param name="options">Which model, and how.</param>
    /// <param name="maxSequences">Sequences that will run at once.</param>
    public static Task<LoadedModel> LoadAsync(VerbContext context, ModelOptions options, int maxSequences = 1) =>
        LoadAsync(context, options.RequireFolderOf(context.Parse), options.LoadOptionsOf(context.Parse, maxSequences));

    /// <summary>As above, for options that the verb has decided on.</summary>
    public static async Task<LoadedModel> LoadAsync(VerbContext context, string folder, Phi4LoadOptions load)
    {
        MemoryPlan plan = Phi4Model.PlanMemory(folder, load);
        if (plan.Verdict == MemoryVerdict.WeightsFromDisk)
        {
            context.Talk.Note($"warning: {plan.Explanation}");
        }

        long start = Stopwatch.GetTimestamp();
        Phi4Model model = context.Talk.ShowsProgress
            ? await LoadWithBarAsync(context, folder, load).ConfigureAwait(false)
            : await Phi4Model.LoadAsync(folder, load, new PlainProgress(context.Talk), context.Cancellation).ConfigureAwait(false);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        string device = model.Device.ToString().ToLowerInvariant();
        context.Talk.Detail(FormattableString.Invariant(
            $"{folder}: {model.Config.ParameterCount:N0} parameters on {device}, context {model.ContextLength:N0}, loaded in {time.TotalSeconds:F2} s"));
        return new LoadedModel(model, time);
    }

    private static Task<Phi4Model> LoadWithBarAsync(VerbContext context, string folder, Phi4LoadOptions load) =>
        context.Talk.Console.Progress().AutoClear(true).StartAsync(bars =>
        {
            ProgressTask bar = bars.AddTask("Loading", maxValue: 1);
            return Phi4Model.LoadAsync(folder, load, new BarProgress(bar), context.Cancellation);
        });

    private sealed class BarProgress(ProgressTask bar) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => bar.Value = value.BytesTotal > 0 ? (double)value.BytesDone / value.BytesTotal : 0;
    }

    private sealed class PlainProgress(Talk talk) : IProgress<LoadProgress>
    {
        private long _last = Stopwatch.GetTimestamp();

        public void Report(LoadProgress value)
        {
            if (Stopwatch.GetElapsedTime(_last) >= PlainLineEvery)
            {
                _last = Stopwatch.GetTimestamp();
                talk.Note(FormattableString.Invariant($"loading: {value.BytesDone:N0} of {value.BytesTotal:N0} bytes"));
            }
        }
    }
}

/// <summary>A model and what its loading took.</summary>
internal sealed record LoadedModel(Phi4Model Model, TimeSpan LoadTime);
