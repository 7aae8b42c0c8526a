// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>How often a request is tried anew, and how long is waited before: half a second, doubled each time, or what the hub asks for.</summary>
/// <param name="time">The clock.</param>
/// <param name="mostFailures">Failures in a row of which the last one is told.</param>
/// <param name="onWait">Told why there is a wait; null when it is over.</param>
internal sealed class Patience(TimeProvider time, int mostFailures, Action<string?>? onWait = null)
{
    /// <summary>For questions that somebody waits for.</summary>
    public const int OfQuestions = 5;

    /// <summary>For downloads, which should outlast a break of two minutes.</summary>
    public const int OfDownloads = 10;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestAskedFor = TimeSpan.FromMinutes(10);

    private int _failures;

    /// <summary>Something new has come: failures count from zero again.</summary>
    public void Restore() => _failures = 0;

    /// <summary>Comes back when it is time for another try.</summary>
    /// <exception cref="HubException">The failure itself, when it was one too many or no wait can mend it.</exception>
    public async Task WaitAsync(HubException failure, CancellationToken cancellationToken)
    {
        _failures++;
        if (!failure.IsTransient || _failures >= mostFailures || failure.RetryAfter > LongestAskedFor)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        TimeSpan doubled = First * Math.Pow(2, Math.Min(_failures - 1, 10));
        TimeSpan wait = doubled < Longest ? doubled : Longest;
        wait = failure.RetryAfter > wait ? failure.RetryAfter.Value : wait;
        onWait?.Invoke(FormattableString.Invariant($"{failure.Message.TrimEnd('.')}; again in {wait.TotalSeconds:0.#} s"));
        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        onWait?.Invoke(null);
    }

    /// <summary>Tries until it works.</summary>
    public async Task<T> TryAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (HubException e)
            {
                await WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
