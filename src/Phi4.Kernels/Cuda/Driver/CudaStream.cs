// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cuda.Driver;

/// <summary>Work for the device, done in the order in which it is given. The context must be current on the calling thread.</summary>
internal sealed unsafe class CudaStream : CudaHandle
{
    private CudaStream(CudaContext context, nint value)
        : base(context, value)
    {
    }

    public static CudaStream Create(CudaContext context)
    {
        context.MakeCurrent();
        nint value;
        context.Driver.cuStreamCreate(&value, CUflags.CU_STREAM_NON_BLOCKING).ThrowIfFailed(context.Driver);
        return new CudaStream(context, value);
    }

    /// <summary>Runs a kernel over one parameter block, which is copied before this returns.</summary>
    public void Launch<T>(CudaFunction function, LaunchShape shape, in T parameters)
        where T : unmanaged
    {
        fixed (T* block = &parameters)
        {
            void* argument = block;
            CUlaunchAttribute overlap = new() { Id = CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION, Value = 1 };
            CUlaunchConfig config = new()
            {
                GridDimX = (uint)shape.GridX,
                GridDimY = (uint)shape.GridY,
                GridDimZ = (uint)shape.GridZ,
                BlockDimX = (uint)shape.Block,
                BlockDimY = 1,
                BlockDimZ = 1,
                SharedMemBytes = (uint)shape.SharedBytes,
                Stream = Value,
                Attributes = &overlap,
                AttributeCount = shape.Overlaps ? 1u : 0,
            };
            CUresult status = Driver.cuLaunchKernelEx(&config, function.Handle, &argument, null);
            if (status != CUresult.CUDA_SUCCESS)
            {
                status.ThrowIfFailed(Driver, log: null, $"the launch of {function.Name} as {shape}");
            }
        }
    }

    /// <summary>Copies from pinned host memory, which must stay as it is until the copy is done.</summary>
    public void CopyToDevice(nint destination, PinnedBuffer source, int byteCount)
        => Driver.cuMemcpyHtoDAsync(destination, source.Value, (nuint)byteCount, Value).ThrowIfFailed(Driver);

    /// <summary>Copies to pinned host memory, which holds the values once the copy is done.</summary>
    public void CopyToHost(PinnedBuffer destination, nint source, int byteCount)
        => Driver.cuMemcpyDtoHAsync(destination.Value, source, (nuint)byteCount, Value).ThrowIfFailed(Driver);

    public void CopyOnDevice(nint destination, nint source, long byteCount)
        => Driver.cuMemcpyDtoDAsync(destination, source, (nuint)byteCount, Value).ThrowIfFailed(Driver);

    public void Clear(nint destination, long byteCount) => Driver.cuMemsetD8Async(destination, 0, (nuint)byteCount, Value).ThrowIfFailed(Driver);

    public void Record(CudaEvent mark) => Driver.cuEventRecord(mark.Value, Value).ThrowIfFailed(Driver);

    /// <summary>Returns when everything asked for so far is done.</summary>
    public void Synchronize() => Driver.cuStreamSynchronize(Value).ThrowIfFailed(Driver);

    /// <summary>Writes down what an action asks of this stream, instead of doing it.</summary>
    public CudaGraph Capture(Action action)
    {
        Driver.cuStreamBeginCapture(Value, CUflags.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL).ThrowIfFailed(Driver);
        nint graph = 0;
        try
        {
            action();
        }
        catch
        {
            // The action's error is the one to report; the capture only has to end.
            if (Driver.cuStreamEndCapture(Value, &graph) == CUresult.CUDA_SUCCESS && graph != 0)
            {
                Driver.cuGraphDestroy(graph);
            }

            throw;
        }

        Driver.cuStreamEndCapture(Value, &graph).ThrowIfFailed(Driver);
        try
        {
            return CudaGraph.Create(Context, graph);
        }
        finally
        {
            Driver.cuGraphDestroy(graph);
        }
    }

    public void Launch(CudaGraph graph) => Driver.cuGraphLaunch(graph.Value, Value).ThrowIfFailed(Driver);

    protected override bool ReleaseHandle() => Context.Release(handle, Driver.cuStreamDestroy);
}
