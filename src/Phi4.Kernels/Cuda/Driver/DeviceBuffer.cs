// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>Device memory, 256-byte aligned, contents undefined.</summary>
internal sealed unsafe class DeviceBuffer : KernelBuffer
{
    private readonly CudaContext _context;

    private DeviceBuffer(CudaContext context, nint address, long byteCount, string purpose)
        : base(address, byteCount, purpose)
    {
        _context = context;
        context.Hold();
    }

    /// <exception cref="InsufficientMemoryException">The device has too little; the message says what for, and how much is free.</exception>
    public static DeviceBuffer Allocate(CudaContext context, long byteCount, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        context.MakeCurrent();
        nint address;
        try
        {
            context.Driver.cuMemAlloc(&address, (nuint)Math.Max(byteCount, 1)).ThrowIfFailed(context.Driver);
        }
        catch (CudaException e) when (e.Status == CUresult.CUDA_ERROR_OUT_OF_MEMORY)
        {
            (long free, long total) = context.Memory();
            throw new InsufficientMemoryException(
                $"{byteCount:N0} bytes of device memory for {purpose} could not be had; {free:N0} of {total:N0} are free.", e);
        }

        return new DeviceBuffer(context, address, byteCount, purpose);
    }

    protected override bool ReleaseHandle() => _context.Release(handle, _context.Driver.cuMemFree);
}
