// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Phi4.Core.Files;

/// <summary>
/// The end of writing a large file that will be mapped. What was just written lies in the system's cache on small pages, and a mapping of it stays on them while it is there; read in
/// anew, it comes on pages of 2 MB where the system has them (docs/performance.md).
/// </summary>
internal static partial class WrittenFile
{
    // posix_fadvise, the same number on every architecture of Linux that .NET runs on.
    private const int FadvDontNeed = 4;

    /// <summary>Waits until all of it is on the disk; where that is known how (Linux), the system's cache lets go of it then.</summary>
    public static void Settle(SafeFileHandle file)
    {
        RandomAccess.FlushToDisk(file);

        // Offsets are 64 bits wide in the call only where the process is.
        if (OperatingSystem.IsLinux() && Environment.Is64BitProcess)
        {
            LeaveCache(file);
        }
    }

    private static void LeaveCache(SafeFileHandle file)
    {
        try
        {
            // A hint: a file system that refuses it keeps its pages.
            _ = PosixFadvise(file, 0, 0, FadvDontNeed);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int PosixFadvise(SafeFileHandle file, long offset, long length, int advice);
}
