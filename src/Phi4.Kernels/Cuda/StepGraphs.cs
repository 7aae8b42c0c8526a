// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda;

/// <summary>
/// Steps that were written down, by shape: a graph takes one call where a step takes hundreds. A shape is seen once before it is written down, which lets buffers grow; then
/// its graph runs for as long as the buffers stay where they are.
/// </summary>
internal sealed class StepGraphs(CudaStream stream) : IDisposable
{
    /// <summary>More are not kept: the driver keeps each launch of each graph on the device.</summary>
    public const int MostGraphs = 64;

    private readonly Dictionary<StepShape, CudaGraph?> _graphs = [];
    private readonly Queue<StepShape> _order = new();
    private long _memoryVersion;

    /// <summary>Launches are being written down and not done.</summary>
    public bool IsCapturing { get; private set; }

    /// <summary>Graphs that are kept.</summary>
    public int Count => _graphs.Values.Count(graph => graph is not null);

    /// <summary>Does the work, by its graph if the shape has been seen.</summary>
    /// <param name="shape">All that the work depends on, but for the contents of memory.</param>
    /// <param name="memoryVersion">Another one if memory that the work uses lies elsewhere now.</param>
    /// <param name="work">What to do.</param>
    public void Run<TWork>(StepShape shape, Func<long> memoryVersion, in TWork work)
        where TWork : struct, IStepWork
    {
        ForgetIfMoved(memoryVersion());
        if (!_graphs.TryGetValue(shape, out CudaGraph? graph))
        {
            work.Run();
            ForgetIfMoved(memoryVersion());
            Remember(shape);
            return;
        }

        graph ??= _graphs[shape] = Capture(work);
        stream.Launch(graph);
    }

    public void Dispose() => Forget();

    private CudaGraph Capture<TWork>(TWork work)
        where TWork : struct, IStepWork
    {
        IsCapturing = true;
        try
        {
            return stream.Capture(() => work.Run());
        }
        finally
        {
            IsCapturing = false;
        }
    }

    private void Remember(StepShape shape)
    {
        if (_graphs.Count == MostGraphs)
        {
            _graphs.Remove(_order.Dequeue(), out CudaGraph? oldest);
            oldest?.Dispose();
        }

        _graphs.Add(shape, null);
        _order.Enqueue(shape);
    }

    // A graph has addresses in it.
    private void ForgetIfMoved(long memoryVersion)
    {
        if (memoryVersion != _memoryVersion)
        {
            Forget();
            _memoryVersion = memoryVersion;
        }
    }

    private void Forget()
    {
        foreach (CudaGraph? graph in _graphs.Values)
        {
            graph?.Dispose();
        }

        _graphs.Clear();
        _order.Clear();
    }
}
