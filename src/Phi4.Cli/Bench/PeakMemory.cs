// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Cli.Bench;

/// <summary>The most memory that a process has held resident, mapped files included, as Linux counts it. Elsewhere nothing is known.</summary>
internal static class PeakMemory
{
    /// <summary>Starts counting anew from what this process holds now; false where the system does not allow it.</summary>
    public static bool TryReset()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Bytes, for this process; null if unknown.</summary>
    public static long? OfThisProcess() => Read("/proc/self/status");

    /// <summary>Bytes, for another process; null if unknown or gone.</summary>
    public static long? OfProcess(int id) => Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/status"));

    private static long? Read(string path)
    {
        try
        {
            foreach (string line in File.ReadLines(path))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                {
                    string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                    return long.Parse(words[1], CultureInfo.InvariantCulture) * 1024;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No such file system, or the process has ended.
        }

        return null;
    }
}
