// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Cli.Streams;
using Spectre.Console;

namespace Phi4.Cli.Verbs;

/// <summary>Work on a model's weights that may take long: a bar where there is a terminal, a line now and then elsewhere.</summary>
internal static class LongWork
{
    private static readonly TimeSpan PlainLineEvery = TimeSpan.FromSeconds(10);

    /// <summary>Runs it.</summary>
    /// <param name="talk">Standard error.</param>
    /// <param name="name">What is done, as a heading: <c>Loading</c>.</param>
    /// <param name="work">Does it and says how far it has come.</param>
    public static Task<T> RunAsync<T>(Talk talk, string name, Func<IProgress<LoadProgress>, Task<T>> work) =>
        talk.ShowsProgress
            ? talk.Console.Progress().AutoClear(true).StartAsync(bars => work(new BarProgress(bars.AddTask(name, maxValue: 1))))
            : work(new PlainProgress(talk, name.ToLowerInvariant()));

    private sealed class BarProgress(ProgressTask bar) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => bar.Value = value.BytesTotal > 0 ? (double)value.BytesDone / value.BytesTotal : 0;
    }

    private sealed class PlainProgress(Talk talk, string name) : IProgress<LoadProgress>
    {
        private long _last = Stopwatch.GetTimestamp();

        public void Report(LoadProgress value)
        {
            if (Stopwatch.GetElapsedTime(_last) >= PlainLineEvery)
            {
                _last = Stopwatch.GetTimestamp();
                talk.Note(FormattableString.Invariant($"{name}: {value.BytesDone:N0} of {value.BytesTotal:N0} bytes"));
            }
        }
    }
}
