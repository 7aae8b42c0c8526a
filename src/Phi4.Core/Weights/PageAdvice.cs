// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Core.Weights;

/// <summary>Hints to the system about pages of mapped files. None of them fails: where there is no such call, nothing happens.</summary>
internal static unsafe partial class PageAdvice
{
    // The same number on Linux, macOS and FreeBSD.
    private const int MadvWillNeed = 3;

    // Linux.
    private const int MadvDontNeed = 4;
    private const int MadvPageOut = 21;
    private const int MadvPopulateRead = 22;

    /// <summary>Asks for [start, start + count) of a mapping to be read ahead, without waiting for it.</summary>
    public static void WillNeed(byte* mapping, long start, long count)
    {
        if (!OperatingSystem.IsWindows())
        {
            Advise(mapping, start, count, MadvWillNeed);
        }
    }

    /// <summary>Reads a run of a mapping into memory, all of it when the call returns.</summary>
    /// <returns>False where the system has no such call: it came with Linux 5.14.</returns>
    public static bool TryPopulate(byte* mapping, long start, long count) =>
        OperatingSystem.IsLinux() && Advise(mapping, start, count, MadvPopulateRead);

    /// <summary>A run that was read counts as this process's memory no longer; it stays in the system's cache while there is room.</summary>
    public static void Release(byte* mapping, long start, long count)
    {
        if (OperatingSystem.IsLinux())
        {
            Advise(mapping, start, count, MadvDontNeed);
        }
    }

    /// <summary>A run will not be wanted for long: its pages go first when memory is short, in fact now. Only of a file that this user may write or owns.</summary>
    public static void PageOut(byte* mapping, long start, long count)
    {
        if (OperatingSystem.IsLinux())
        {
            Advise(mapping, start, count, MadvPageOut);
        }
    }

    private static bool Advise(byte* mapping, long start, long count, int advice)
    {
        if (count <= 0)
        {
            return true;
        }

        long skew = (long)((nuint)(mapping + start) % (nuint)Environment.SystemPageSize);
        try
        {
            return Madvise(mapping + start - skew, (nuint)(count + skew), advice) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(void* address, nuint length, int advice);
}
