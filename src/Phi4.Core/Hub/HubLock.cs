// SPDX-License-Identifier: MIT
namespace Phi4.Core.Hub;

/// <summary>
/// The right to write one file of the cache, among all processes: a file of its own that is held open without sharing. On Unix that is flock, the lock that
/// Python's tools take on the same files; it goes when its process does.
/// </summary>
internal static class HubLock
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    // Sharing and lock violation on Windows; EAGAIN on Linux and on BSD systems.
    private static readonly int[] InUse = [32, 33, 11, 35];

    /// <summary>Waits for the lock. Disposing it gives it back; the file stays, because whoever waits has it open.</summary>
    public static async Task<FileStream> TakeAsync(string path, TimeProvider time, Action<string?> onWait, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        bool waits = false;
        while (true)
        {
            if (TryTake(path) is { } taken)
            {
                if (waits)
                {
                    onWait(null);
                }

                return taken;
            }

            if (!waits)
            {
                onWait("another process is downloading this file");
            }

            waits = true;
            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The lock, or null if somebody has it.</summary>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (InUse.Contains(e.HResult & 0xFFFF))
        {
            return null;
        }
    }
}
