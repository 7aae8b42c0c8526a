// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>A run of launches and copies that a stream takes in one call.</summary>
internal sealed unsafe class CudaGraph : CudaHandle
{
    private CudaGraph(CudaContext context, nint value)
        : base(context, value)
    {
    }

    /// <summary>Makes a captured graph ready to run; the captured one stays its owner's.</summary>
    public static CudaGraph Create(CudaContext context, nint captured)
    {
        nint value;
        context.Driver.cuGraphInstantiateWithFlags(&value, captured, 0).ThrowIfFailed(context.Driver);
        return new CudaGraph(context, value);
    }

    protected override bool ReleaseHandle() => Context.Release(handle, Driver.cuGraphExecDestroy);
}
