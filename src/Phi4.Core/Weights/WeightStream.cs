// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// Weights that are larger than memory: the first layers, as many as there is room for, stay; the others pass through, read ahead while those before them
/// are computed and let go afterwards. Left to itself a system drops what was used longest ago, which is what is needed next: every step would read
/// everything. Hints only: results do not depend on any of it.
/// </summary>
internal sealed unsafe class WeightStream : IDisposable
{
    // Layers on their way, beside the one that is computed.
    private const int LayersAhead = 2;

    private const long ChunkBytes = 8 << 20;

    private readonly IReadOnlyList<(nint Address, long Bytes)>[] _parts;
    private readonly bool[] _isHeld;
    private readonly AutoResetEvent _moved = new(false);
    private readonly Thread _thread;
    private int _position;
    private volatile bool _stop;

    private WeightStream(IReadOnlyList<(nint Address, long Bytes)>[] parts, int residentCount)
    {
        _parts = parts;
        _isHeld = new bool[parts.Length];
        ResidentCount = residentCount;
        _thread = new Thread(Follow) { IsBackground = true, Name = "phi4-weights" };
        _thread.Start();
    }

    /// <summary>Layers that stay in memory.</summary>
    public int ResidentCount { get; }

    /// <summary>A stream, or null if so many bytes hold all layers.</summary>
    /// <param name="layers">All of whose matrices are mapped.</param>
    /// <param name="bytes">Memory for them.</param>
    public static WeightStream? Create(IReadOnlyList<LayerWeights> layers, long bytes)
    {
        int resident = CountResident([.. layers.Select(layer => layer.ByteCount)], bytes);
        return resident == layers.Count ? null : new WeightStream([.. layers.Select(Parts)], resident);
    }

    /// <summary>How many layers can stay, beside room for those that pass through; all, if they fit together.</summary>
    internal static int CountResident(IReadOnlyList<long> layerBytes, long bytes)
    {
        if (layerBytes.Sum() <= bytes)
        {
            return layerBytes.Count;
        }

        long room = bytes - ((LayersAhead + 1) * layerBytes.Max());
        int count = 0;
        for (; count < layerBytes.Count && room >= layerBytes[count]; count++)
        {
            room -= layerBytes[count];
        }

        return count;
    }

    /// <summary>The layers, after one that is reached, that should be on their way: those that pass through, and the others if nobody has read them yet.</summary>
    internal static IEnumerable<int> Ahead(int position, int residentCount, IReadOnlyList<bool> isHeld) =>
        Enumerable.Range(1, isHeld.Count - 1).Select(i => (position + i) % isHeld.Count)
            .Where(layer => layer >= residentCount || !isHeld[layer]).Take(LayersAhead);

    /// <summary>The step has come to a layer. Allocates nothing, waits for nothing.</summary>
    public void Reach(int layer)
    {
        Volatile.Write(ref _position, layer);
        _moved.Set();
    }

    public void Dispose()
    {
        _stop = true;
        _moved.Set();
        _thread.Join();
        _moved.Dispose();
    }

    private static List<(nint Address, long Bytes)> Parts(LayerWeights layer)
    {
        List<(nint, long)> parts = [];
        foreach (WeightView matrix in new[] { layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Up, layer.Down })
        {
            parts.Add((matrix.Values.Address, matrix.ByteCount));
        }

        return parts;
    }

    private void Follow()
    {
        int last = 0;
        while (true)
        {
            _moved.WaitOne();
            if (_stop)
            {
                return;
            }

            int position = Volatile.Read(ref _position);
            int[] ahead = [.. Ahead(position, ResidentCount, _isHeld)];
            _isHeld[position] = true;
            for (; last != position; last = (last + 1) % _parts.Length)
            {
                if (last >= ResidentCount && !ahead.Contains(last))
                {
                    _isHeld[last] = false;
                    LetGo(last);
                }
            }

            foreach (int layer in ahead)
            {
                if (!_isHeld[layer])
                {
                    _isHeld[layer] = true;
                    ReadAhead(layer);
                }
            }
        }
    }

    private void ReadAhead(int layer)
    {
        foreach ((nint address, long bytes) in _parts[layer])
        {
            for (long start = 0; start < bytes && !_stop; start += ChunkBytes)
            {
                PageAdvice.WillNeed((byte*)address, start, Math.Min(ChunkBytes, bytes - start));
            }
        }
    }

    private void LetGo(int layer)
    {
        foreach ((nint address, long bytes) in _parts[layer])
        {
            PageAdvice.PageOut((byte*)address, 0, bytes);
        }
    }
}
