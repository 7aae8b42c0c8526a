// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Phi4.Core.Files;

namespace Phi4.Core.Tests.Files;

public sealed unsafe partial class WrittenFileTests
{
    private const int FileBytes = 8 << 20;
    private const int PageBytes = 4096;

    [Test]
    [Platform("Linux")]
    public void Settle_OfAWrittenFile_KeepsItsBytesAndEmptiesTheCacheOfThem()
    {
        using var folder = new TemporaryFolder();
        Assume.That(new DriveInfo(folder.Path).DriveFormat, Is.Not.EqualTo("tmpfs"), "there, memory is all that there is");
        string path = Path.Combine(folder.Path, "weights");
        byte[] content = new byte[FileBytes];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(path, content);
        int before = PagesInMemory(path);
        Assume.That(before, Is.GreaterThan(FileBytes / PageBytes / 2), "the system caches what it writes");
        using (SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            WrittenFile.Settle(handle);
        }

        Assert.That(PagesInMemory(path), Is.LessThan(before / 2));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(content));
    }

    /// <summary>Pages of a file that the system's cache holds.</summary>
    private static int PagesInMemory(string path)
    {
        const int ProtRead = 1;
        const int MapShared = 1;
        using SafeFileHandle file = File.OpenHandle(path);
        byte* mapping = Mmap(null, FileBytes, ProtRead, MapShared, file, 0);
        byte[] pages = new byte[FileBytes / PageBytes];
        fixed (byte* found = pages)
        {
            Assert.That(Mincore(mapping, FileBytes, found), Is.Zero);
        }

        _ = Munmap(mapping, FileBytes);
        return pages.Count(page => (page & 1) != 0);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Mmap(void* address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static partial int Mincore(void* address, nuint length, byte* pages);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(void* address, nuint length);
}
