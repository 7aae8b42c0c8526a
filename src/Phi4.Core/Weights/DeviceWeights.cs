// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>A model's weights, copied to a backend that has memory of its own.</summary>
internal sealed unsafe class DeviceWeights : IDisposable
{
    // A span counts its bytes in an int.
    private const int MostBytesAtOnce = 1 << 30;

    private readonly IKernels _kernels;
    private readonly List<KernelBuffer> _buffers = [];
    private readonly CancellationToken _cancellation;

    private DeviceWeights(IKernels kernels, CancellationToken cancellationToken)
    {
        _kernels = kernels;
        _cancellation = cancellationToken;
    }

    /// <summary>Copies all of it.</summary>
    /// <param name="host">Weights in memory or mapped files; stays its owner's, who may dispose it once this has returned.</param>
    /// <param name="kernels">The backend.</param>
    /// <param name="progress">Told of each layer.</param>
    /// <param name="cancellationToken">Stops; nothing stays allocated.</param>
    public static ModelWeights Upload(ModelWeights host, IKernels kernels, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        DeviceWeights device = new(kernels, cancellationToken);
        try
        {
            return device.Copy(host, progress);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (KernelBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private ModelWeights Copy(ModelWeights host, IProgress<LoadProgress>? progress)
    {
        long total = host.ByteCount;
        TensorView embedding = Copy(host.Embedding).Values;
        bool isTied = host.Head.IsFloat && host.Head.Values.Address == host.Embedding.Address;
        WeightView head = isTied ? embedding : Copy(host.Head);
        TensorView finalNorm = Copy(host.FinalNorm).Values;
        long done = embedding.ByteCount + finalNorm.ByteCount + (isTied ? 0 : head.ByteCount);
        LayerWeights[] layers = new LayerWeights[host.Layers.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            progress?.Report(new LoadProgress(done, total, i, layers.Length, $"layer {i}"));
            layers[i] = Copy(host.Layers[i]);
            done += layers[i].ByteCount;
        }

        // Waits: kernels may read weights ahead of their turn, and what went wrong belongs to loading.
        _kernels.Read(stackalloc byte[1], _buffers[^1].View(DType.U8, 1, 1));
        progress?.Report(new LoadProgress(total, total, layers.Length, layers.Length, null));
        return new ModelWeights(embedding, layers, finalNorm, head, this);
    }

    private LayerWeights Copy(LayerWeights host)
    {
        WeightView fused = Copy(host.QueryKeyValue);
        return host with
        {
            InputNorm = Copy(host.InputNorm).Values,
            QueryKeyValue = fused,
            Query = Part(host.Query),
            Key = Part(host.Key),
            Value = Part(host.Value),
            QueryBias = Copy(host.QueryBias).Values,
            KeyBias = Copy(host.KeyBias).Values,
            ValueBias = Copy(host.ValueBias).Values,
            Output = Copy(host.Output),
            PostAttentionNorm = Copy(host.PostAttentionNorm).Values,
            Gate = Copy(host.Gate),
            Up = Copy(host.Up),
            Down = Copy(host.Down),
        };

        // Rows of the fused matrix, where there is one.
        WeightView Part(WeightView part) =>
            fused.IsNone ? Copy(part) : part.At(fused.Values.Address + (part.Values.Address - host.QueryKeyValue.Values.Address));
    }

    private WeightView Copy(WeightView host)
    {
        if (host.IsNone)
        {
            return host;
        }

        KernelBuffer buffer = _kernels.Allocate(host.ByteCount, "weights");
        _buffers.Add(buffer);
        for (long start = 0; start < host.ByteCount; start += MostBytesAtOnce)
        {
            _cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(MostBytesAtOnce, host.ByteCount - start);
            _kernels.Write(buffer.View(DType.U8, 1, count, start), new ReadOnlySpan<byte>((byte*)host.Values.Address + start, count));
        }

        return host.At(buffer.View(DType.U8, 1, 1).Address);
    }
}
