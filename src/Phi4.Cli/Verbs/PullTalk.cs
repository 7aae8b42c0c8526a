// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Cli.Streams;
using Spectre.Console;

namespace Phi4.Cli.Verbs;

/// <summary>What is told while a model is downloaded: a bar where there is a terminal, a line now and then elsewhere.</summary>
internal static class PullTalk
{
    private static readonly TimeSpan PlainLineEvery = TimeSpan.FromSeconds(10);

    public static Task<T> RunAsync<T>(Talk talk, Func<IProgress<PullProgress>, Task<T>> work) => talk.ShowsProgress
        ? talk.Console.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(bars => work(new Bar(bars.AddTask("asking the hub", maxValue: 1))))
        : work(new Lines(talk));

    /// <summary>All of it in one line: how much, how fast, how long still, how many files; or why nothing comes.</summary>
    public static string Describe(PullProgress value)
    {
        if (value.Waiting is not null)
        {
            return value.Waiting;
        }

        string text = FormattableString.Invariant($"{Quantity.Bytes(value.BytesDone)} of {Quantity.Bytes(value.BytesTotal)}");
        text += value.BytesPerSecond is { } rate ? $", {Quantity.Bytes(rate)}/s" : "";
        text += value.Remaining is { } time ? $", {Quantity.Time(time)} left" : "";
        return text + FormattableString.Invariant($", {value.FilesDone} of {value.FilesTotal} files");
    }

    private sealed class Bar(ProgressTask bar) : IProgress<PullProgress>
    {
        public void Report(PullProgress value)
        {
            bar.Value = value.BytesTotal > 0 ? (double)value.BytesDone / value.BytesTotal : 0;
            bar.Description = Markup.Escape(Describe(value));
        }
    }

    private sealed class Lines(Talk talk) : IProgress<PullProgress>
    {
        private long _last = Stopwatch.GetTimestamp();
        private string? _waiting;

        public void Report(PullProgress value)
        {
            bool isNews = value.Waiting is not null && value.Waiting != _waiting;
            _waiting = value.Waiting;
            if (isNews || Stopwatch.GetElapsedTime(_last) >= PlainLineEvery)
            {
                _last = Stopwatch.GetTimestamp();
                talk.Note($"pulling: {Describe(value)}");
            }
        }
    }
}
