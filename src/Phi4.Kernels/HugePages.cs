// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels;

/// <summary>
/// Asks the system to back memory with pages of 2 MB: far fewer address translations where weights and caches are read front to back. Only a hint: where
/// there is no such call, or the system's policy says no, memory stays on small pages.
/// </summary>
internal static unsafe partial class HugePages
{
    public const long PageSize = 2L << 20;

    // Below this the rounding costs more than the pages give.
    private const long LeastBytes = 2 * PageSize;

    private const int MadvHugePage = 14;

    /// <summary>What an allocation of this size takes: a whole number of huge pages if it is large.</summary>
    public static long Round(long byteCount) => IsWorthIt(byteCount) ? (byteCount + PageSize - 1) / PageSize * PageSize : byteCount;

    /// <summary>Large enough, on a system that has such pages.</summary>
    public static bool IsWorthIt(long byteCount) => OperatingSystem.IsLinux() && byteCount >= LeastBytes;

    /// <summary>Asks for the pages that hold [address, address + byteCount), before their first use. Never fails.</summary>
    public static void Advise(void* address, long byteCount)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        nuint skew = (nuint)address % (nuint)Environment.SystemPageSize;
        try
        {
            _ = Madvise((byte*)address - skew, (nuint)byteCount + skew, MadvHugePage);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(void* address, nuint length, int advice);
}
