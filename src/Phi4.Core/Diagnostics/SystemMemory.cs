// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Diagnostics;

/// <summary>How much memory this process may still take.</summary>
public static class SystemMemory
{
    /// <summary>
    /// Bytes that can be had without swapping: on Linux the kernel's estimate (page cache counts as free), cut to what the process's control groups
    /// still allow; elsewhere the total that the runtime sees less what is in use.
    /// </summary>
    public static long AvailableBytes() => OperatingSystem.IsLinux() && LinuxAvailable("/") is { } bytes ? bytes : RuntimeEstimate();

    /// <summary>Reads the Linux files under a root folder; null if there is no estimate.</summary>
    internal static long? LinuxAvailable(string root)
    {
        if (Field(Path.Combine(root, "proc/meminfo"), "MemAvailable:") is not { } kibibytes)
        {
            return null;
        }

        long available = kibibytes * 1024;
        foreach (string group in ControlGroups(root))
        {
            available = Math.Min(available, Room(group, "memory.max", "memory.current") ?? long.MaxValue);
            available = Math.Min(available, Room(group, "memory.limit_in_bytes", "memory.usage_in_bytes") ?? long.MaxValue);
        }

        return Math.Max(available, 0);
    }

    /// <summary>The folders of this process's groups and of all groups around them, in both versions of the interface.</summary>
    private static IEnumerable<string> ControlGroups(string root)
    {
        foreach (string line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            string[] parts = line.Split(':', 3);
            if (parts is not [_, string controllers, string path] || (controllers.Length > 0 && !controllers.Split(',').Contains("memory")))
            {
                continue;
            }

            string top = Path.Combine(root, controllers.Length == 0 ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            for (string group = path.Trim('/'); group.Length > 0; group = Path.GetDirectoryName(group) ?? "")
            {
                yield return Path.Combine(top, group);
            }

            yield return top;
        }
    }

    /// <summary>Limit less use of one group, its cached file pages counted as free; null if it has no limit.</summary>
    private static long? Room(string group, string limitFile, string usageFile)
    {
        if (Number(Path.Combine(group, limitFile)) is not { } limit || Number(Path.Combine(group, usageFile)) is not { } usage)
        {
            return null;
        }

        string stat = Path.Combine(group, "memory.stat");
        long cached = (Field(stat, "inactive_file") ?? 0) + (Field(stat, "active_file") ?? 0);
        return limit - Math.Max(usage - cached, 0);
    }

    private static long? Number(string path) =>
        Lines(path) is [string line, ..] && long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static long? Field(string path, string name)
    {
        foreach (string line in Lines(path))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == name && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                return value;
            }
        }

        return null;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static long RuntimeEstimate()
    {
        GCMemoryInfo info = GC.GetGCMemoryInfo();
        return Math.Max(info.TotalAvailableMemoryBytes - info.MemoryLoadBytes, 0);
    }
}
