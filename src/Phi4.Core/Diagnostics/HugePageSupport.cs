// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Kernels;

namespace Phi4.Core.Diagnostics;

/// <summary>
/// Whether weights that are made while loading, KV cache and scratch get pages of 2 MB, which makes reading them faster. They are only asked for: without
/// them everything works, on small pages.
/// </summary>
public static class HugePageSupport
{
    private const string PolicyFile = "sys/kernel/mm/transparent_hugepage/enabled";
    private const long TrialBytes = 4 * HugePages.PageSize;

    /// <summary>Why this process does without, or null if a trial got them.</summary>
    public static string? WhyNot() =>
        !OperatingSystem.IsLinux() ? "they are asked for on Linux only"
        : Policy("/") ?? (Trial() ? null : "the system gave none to a trial: its memory is in pieces, or a limit forbids them");

    /// <summary>Why the Linux system under a root folder gives none to those who ask, or null.</summary>
    internal static string? Policy(string root)
    {
        string path = Path.Combine(root, PolicyFile);
        try
        {
            return !File.Exists(path) ? "the system has none that programs may ask for"
                : File.ReadAllText(path).Contains("[never]", StringComparison.Ordinal) ? $"the system's policy is never (/{PolicyFile})"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"/{PolicyFile} can't be read";
        }
    }

    /// <summary>Kilobytes on huge pages in the mapping that holds an address, by the lines of <c>/proc/self/smaps</c>; 0 if none holds it.</summary>
    internal static long HugeKilobytes(IEnumerable<string> lines, ulong address)
    {
        bool isInside = false;
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            if (words[0].Split('-') is [string from, string to]
                && ulong.TryParse(from, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong start)
                && ulong.TryParse(to, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong end))
            {
                isInside = start <= address && address < end;
            }
            else if (isInside && words is ["AnonHugePages:", string count, ..])
            {
                return long.Parse(count, CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    private static bool Trial()
    {
        try
        {
            using HostBuffer buffer = HostBuffer.Allocate(TrialBytes, "trying huge pages");
            nint address = buffer.DangerousGetHandle();
            long before = HugeKilobytes(File.ReadLines("/proc/self/smaps"), (ulong)address);
            HostMemory.Write<byte>(buffer.View(DType.U8, 1, (int)TrialBytes), new byte[TrialBytes]);
            return HugeKilobytes(File.ReadLines("/proc/self/smaps"), (ulong)address) > before;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InsufficientMemoryException)
        {
            return false;
        }
    }
}
