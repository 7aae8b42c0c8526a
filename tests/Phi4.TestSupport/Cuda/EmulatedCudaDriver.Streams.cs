// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.TestSupport.Cuda;

/// <content>Streams, events, captures. A lazy stream does its work when somebody waits for it, and no more of it than the wait asks for.</content>
internal sealed unsafe partial class EmulatedCudaDriver
{
    public CUresult cuStreamCreate(nint* stream, uint flags) => InContext(nameof(cuStreamCreate), () => Give(stream, Add(new StreamObject())));

    public CUresult cuStreamDestroy(nint stream) => Release(nameof(cuStreamDestroy), () =>
    {
        RunEverything();
        return Remove<StreamObject>(stream);
    });

    public CUresult cuStreamSynchronize(nint stream) => InContext(nameof(cuStreamSynchronize), () =>
        !TryGet(stream, out StreamObject queue) ? CUresult.CUDA_ERROR_INVALID_HANDLE
        : queue.Capture is not null ? CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED
        : Run(queue, until: null));

    public CUresult cuStreamBeginCapture(nint stream, uint mode) => InContext(nameof(cuStreamBeginCapture), () =>
    {
        if (!TryGet(stream, out StreamObject queue) || queue.Capture is not null)
        {
            return CUresult.CUDA_ERROR_ILLEGAL_STATE;
        }

        queue.Capture = [];
        return CUresult.CUDA_SUCCESS;
    });

    // Ends the capture even when it fails, as the driver does.
    public CUresult cuStreamEndCapture(nint stream, nint* graph) => Release(nameof(cuStreamEndCapture), () =>
    {
        if (!TryGet(stream, out StreamObject queue) || queue.Capture is not { } capture)
        {
            return CUresult.CUDA_ERROR_ILLEGAL_STATE;
        }

        queue.Capture = null;
        return FailsNow ? CUresult.CUDA_SUCCESS : Give(graph, Add(new GraphObject(capture)));
    });

    public CUresult cuEventCreate(nint* @event, uint flags) => InContext(nameof(cuEventCreate), () => Give(@event, Add(new EventObject())));

    public CUresult cuEventDestroy(nint @event) => Release(nameof(cuEventDestroy), () => Remove<EventObject>(@event));

    public CUresult cuEventRecord(nint @event, nint stream) => InContext(nameof(cuEventRecord), () =>
    {
        if (!TryGet(@event, out EventObject mark) || !TryGet(stream, out StreamObject queue))
        {
            return CUresult.CUDA_ERROR_INVALID_HANDLE;
        }

        int number = ++mark.LastNumber;
        mark.Stream = queue;
        return Do(stream, () =>
        {
            mark.DoneNumber = Math.Max(mark.DoneNumber, number);
            return CUresult.CUDA_SUCCESS;
        });
    });

    public CUresult cuEventSynchronize(nint @event) => InContext(nameof(cuEventSynchronize), () =>
        !TryGet(@event, out EventObject mark) ? CUresult.CUDA_ERROR_INVALID_HANDLE
        : IsCapturing ? CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED
        : mark.Stream is null ? CUresult.CUDA_SUCCESS
        : Run(mark.Stream, until: mark));

    public CUresult cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => InContext(nameof(cuGraphInstantiateWithFlags), () =>
        TryGet(graph, out GraphObject captured) ? Give(executable, Add(new ExecutableGraphObject(captured.Work))) : CUresult.CUDA_ERROR_INVALID_HANDLE);

    public CUresult cuGraphDestroy(nint graph) => Release(nameof(cuGraphDestroy), () => Remove<GraphObject>(graph));

    public CUresult cuGraphExecDestroy(nint executable) => Release(nameof(cuGraphExecDestroy), () => Remove<ExecutableGraphObject>(executable));

    public CUresult cuGraphLaunch(nint executable, nint stream) => InContext(nameof(cuGraphLaunch), () =>
    {
        if (!TryGet(executable, out ExecutableGraphObject graph))
        {
            return CUresult.CUDA_ERROR_INVALID_HANDLE;
        }

        GraphLaunchCount++;
        CUresult status = CUresult.CUDA_SUCCESS;
        foreach (Body work in graph.Work)
        {
            status = status == CUresult.CUDA_SUCCESS ? Do(stream, work) : status;
        }

        return status;
    });

    private bool IsCapturing => _objects.Values.OfType<StreamObject>().Any(queue => queue.Capture is not null);

    private CUresult Do(nint stream, Body work)
    {
        if (!TryGet(stream, out StreamObject queue))
        {
            return CUresult.CUDA_ERROR_INVALID_HANDLE;
        }

        if (queue.Capture is { } capture)
        {
            capture.Add(work);
            return CUresult.CUDA_SUCCESS;
        }

        queue.Work.Enqueue(work);
        return IsLazy ? CUresult.CUDA_SUCCESS : Run(queue, until: null);
    }

    private static CUresult Run(StreamObject queue, EventObject? until)
    {
        while (queue.Work.Count > 0 && (until is null || until.DoneNumber < until.LastNumber))
        {
            CUresult status = queue.Work.Dequeue()();
            if (status != CUresult.CUDA_SUCCESS)
            {
                return status;
            }
        }

        return CUresult.CUDA_SUCCESS;
    }

    // What frees memory waits for everything that may use it.
    private void RunEverything()
    {
        foreach (StreamObject queue in _objects.Values.OfType<StreamObject>())
        {
            Run(queue, until: null);
        }
    }

    private sealed class StreamObject
    {
        public Queue<Body> Work { get; } = new();

        public List<Body>? Capture { get; set; }
    }

    private sealed class EventObject
    {
        public StreamObject? Stream { get; set; }

        public int LastNumber { get; set; }

        public int DoneNumber { get; set; }
    }

    private sealed record GraphObject(List<Body> Work);

    private sealed record ExecutableGraphObject(List<Body> Work);
}
