// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>A mark in a stream that the host can wait for.</summary>
internal sealed unsafe class CudaEvent : CudaHandle
{
    private CudaEvent(CudaContext context, nint value)
        : base(context, value)
    {
    }

    public static CudaEvent Create(CudaContext context)
    {
        context.MakeCurrent();
        nint value;
        context.Driver.cuEventCreate(&value, CUflags.CU_EVENT_DISABLE_TIMING).ThrowIfFailed(context.Driver);
        return new CudaEvent(context, value);
    }

    /// <summary>Returns when everything before the mark is done; at once if the event was never recorded.</summary>
    public void Wait() => Driver.cuEventSynchronize(Value).ThrowIfFailed(Driver);

    protected override bool ReleaseHandle() => Context.Release(handle, Driver.cuEventDestroy);
}
