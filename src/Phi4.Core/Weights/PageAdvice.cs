// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Core.Weights;

/// <summary>Hints to the system about mapped pages.</summary>
internal static partial class PageAdvice
{
    // The same number on Linux, macOS and FreeBSD.
    private const int MadvWillNeed = 3;

    /// <summary>Asks for [start, start + count) of a mapping to be read ahead; never fails, for it is only a hint.</summary>
    public static unsafe void WillNeed(byte* mapping, long start, long count)
    {
        if (count <= 0 || OperatingSystem.IsWindows())
        {
            return;
        }

        long skew = (long)((nuint)(mapping + start) % (nuint)Environment.SystemPageSize);
        try
        {
            _ = Madvise(mapping + start - skew, (nuint)(count + skew), MadvWillNeed);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Madvise(void* address, nuint length, int advice);
}
