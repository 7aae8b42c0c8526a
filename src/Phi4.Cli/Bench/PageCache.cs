// SPDX-License-Identifier: MIT
using Microsoft.Win32.SafeHandles;

namespace Phi4.Cli.Bench;

/// <summary>Reads files once, so that loading and the first repetition find them in memory and no engine waits for a disk that another does not.</summary>
internal static class PageCache
{
    private const int BufferBytes = 4 << 20;

    // What is read beside must leave room for what the engines allocate.
    private const double MostOfFree = 0.8;

    /// <summary>The weight files of a model: a folder's, or the file that it is.</summary>
    public static IReadOnlyList<string> FilesOf(string model) => File.Exists(model) ? [model] : Directory.GetFiles(model, "*.safetensors");

    /// <returns>Whether all are in memory now; false if they are more than fits, and then none was read.</returns>
    /// <param name="files">Weights of this engine and of the others.</param>
    /// <param name="freeBytes">Free memory, caches counted as free.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    public static async Task<bool> TryWarmAsync(IReadOnlyList<string> files, long freeBytes, CancellationToken cancellationToken)
    {
        if (files.Sum(LengthOf) > freeBytes * MostOfFree)
        {
            return false;
        }

        byte[] buffer = new byte[BufferBytes];
        foreach (string file in files)
        {
            await using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0)
            {
            }
        }

        return true;
    }

    /// <summary>Asked of the open file: a path's length is that of the link, if it is one.</summary>
    private static long LengthOf(string file)
    {
        using SafeFileHandle handle = File.OpenHandle(file);
        return RandomAccess.GetLength(handle);
    }
}
