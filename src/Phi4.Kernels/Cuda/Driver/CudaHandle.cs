// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>Owner of one of the driver's objects. Made only after the object exists; keeps its context alive.</summary>
internal abstract class CudaHandle : SafeHandle
{
    protected CudaHandle(CudaContext context, nint value)
        : base(0, ownsHandle: true)
    {
        Context = context;
        context.Hold();
        SetHandle(value);
    }

    public override bool IsInvalid => handle == 0;

    protected CudaContext Context { get; }

    protected ICudaDriver Driver => Context.Driver;

    /// <summary>The driver's handle, of an owner that is still open.</summary>
    public nint Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }
}
