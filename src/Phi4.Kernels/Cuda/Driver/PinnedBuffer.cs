// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>Host memory that the device reads and writes by itself.</summary>
internal sealed unsafe class PinnedBuffer : CudaHandle
{
    private PinnedBuffer(CudaContext context, nint address, int byteCount)
        : base(context, address) => ByteCount = byteCount;

    public int ByteCount { get; }

    public Span<byte> Bytes => new((void*)Value, ByteCount);

    /// <exception cref="InsufficientMemoryException">The system pins no more.</exception>
    public static PinnedBuffer Allocate(CudaContext context, int byteCount)
    {
        context.MakeCurrent();
        nint address;
        try
        {
            context.Driver.cuMemHostAlloc(&address, (nuint)byteCount, CUflags.CU_MEMHOSTALLOC_PORTABLE).ThrowIfFailed(context.Driver);
        }
        catch (CudaException e) when (e.Status == CUresult.CUDA_ERROR_OUT_OF_MEMORY)
        {
            throw new InsufficientMemoryException($"{byteCount:N0} bytes of pinned memory for copies to the device could not be had.", e);
        }

        return new PinnedBuffer(context, address, byteCount);
    }

    protected override bool ReleaseHandle() => Context.Release(handle, Driver.cuMemFreeHost);
}
