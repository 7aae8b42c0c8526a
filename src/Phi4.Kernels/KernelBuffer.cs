// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels;

/// <summary>Owner of a run of a backend's memory. Views made from it are valid until it is disposed.</summary>
internal abstract class KernelBuffer : SafeHandle
{
    protected KernelBuffer(nint address, long byteCount, string purpose)
        : base(0, ownsHandle: true)
    {
        SetHandle(address);
        ByteCount = byteCount;
        Purpose = purpose;
    }

    public long ByteCount { get; }

    /// <summary>What it is for, in messages: "KV cache", "scratch".</summary>
    public string Purpose { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>A [rows, columns] matrix that starts <paramref name="byteOffset"/> into the buffer.</summary>
    public TensorView View(DType dtype, int rows, int columns, long byteOffset = 0)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        long end = byteOffset + (long)rows * columns * dtype.SizeInBytes();
        if (byteOffset < 0 || end > ByteCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(byteOffset), $"A {dtype} [{rows}, {columns}] at byte {byteOffset} ends at {end}, past the {ByteCount} bytes of '{Purpose}'.");
        }

        return new TensorView(handle + (nint)byteOffset, dtype, rows, columns);
    }
}

/// <summary>
/// Ordinary memory, 64-byte aligned; large runs start on a huge page and ask for such pages. The system commits them when they are first touched.
/// </summary>
internal sealed unsafe class HostBuffer : KernelBuffer
{
    private const nuint Alignment = 64;

    private HostBuffer(nint address, long byteCount, string purpose)
        : base(address, byteCount, purpose)
    {
    }

    public static HostBuffer Allocate(long byteCount, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        bool isLarge = HugePages.IsWorthIt(byteCount);
        void* address;
        try
        {
            address = NativeMemory.AlignedAlloc((nuint)Math.Max(HugePages.Round(byteCount), 1), isLarge ? (nuint)HugePages.PageSize : Alignment);
        }
        catch (OutOfMemoryException e)
        {
            throw new InsufficientMemoryException($"{byteCount:N0} bytes for {purpose} could not be had.", e);
        }

        if (isLarge)
        {
            HugePages.Advise(address, HugePages.Round(byteCount));
        }

        return new HostBuffer((nint)address, byteCount, purpose);
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
