// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>
/// A device's primary context, shared with whatever else in this process uses CUDA. Owners of device resources hold on to it, so that it goes last, in
/// whatever order they are disposed or finalized.
/// </summary>
internal sealed unsafe class CudaContext : SafeHandle
{
    private readonly int _device;

    private CudaContext(ICudaDriver driver, int device, nint context)
        : base(0, ownsHandle: true)
    {
        Driver = driver;
        _device = device;
        SetHandle(context);
    }

    public ICudaDriver Driver { get; }

    public override bool IsInvalid => handle == 0;

    public static CudaContext Open(ICudaDriver driver, DeviceInfo device)
    {
        nint context;
        driver.cuDevicePrimaryCtxRetain(&context, device.Handle).ThrowIfFailed(driver);
        return new CudaContext(driver, device.Handle, context);
    }

    /// <summary>Calls of this thread mean this context from now on.</summary>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        Driver.cuCtxSetCurrent(handle).ThrowIfFailed(Driver);
    }

    /// <summary>Bytes of device memory that are free, and all of them.</summary>
    public (long Free, long Total) Memory()
    {
        MakeCurrent();
        nuint free, total;
        Driver.cuMemGetInfo(&free, &total).ThrowIfFailed(Driver);
        return ((long)free, (long)total);
    }

    /// <summary>An owner will need the context until it calls <see cref="Release"/>.</summary>
    public void Hold()
    {
        bool isHeld = false;
        DangerousAddRef(ref isHeld);
    }

    /// <summary>Gives a resource back, and the hold on the context with it. On any thread, a finalizer's too; never throws.</summary>
    /// <returns>Whether the driver had no complaint.</returns>
    public bool Release(nint resource, Func<nint, CUresult> release)
    {
        // A refused context is no reason to keep the resource: the driver frees memory and most handles without one.
        bool isCurrent = Driver.cuCtxSetCurrent(handle) == CUresult.CUDA_SUCCESS;
        bool isReleased = release(resource) == CUresult.CUDA_SUCCESS;
        DangerousRelease();
        return isCurrent && isReleased;
    }

    protected override bool ReleaseHandle() => Driver.cuDevicePrimaryCtxRelease(_device) == CUresult.CUDA_SUCCESS;
}
