// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Core.Batching;
using Phi4.Core.Configuration;
using Phi4.Core.Model;
using Phi4.Core.Sampling;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Benchmarks.Steps;

/// <summary>A model with as many sequences at the same depth, whose next step can be run again and again: what the engine does in a step, without its queue.</summary>
internal sealed class StepRig : IDisposable
{
    private readonly ModelWeights _weights;
    private readonly IKernels _kernels;
    private readonly Transformer _transformer;
    private readonly KvCache _cache;
    private readonly StepBuffers _buffers;
    private readonly Batch _batch;
    private readonly float[] _logits;

    /// <param name="config">The model.</param>
    /// <param name="weights">Its weights; not owned.</param>
    /// <param name="kernels">The backend; not owned.</param>
    /// <param name="options">The step.</param>
    public StepRig(ModelConfig config, ModelWeights weights, IKernels kernels, StepOptions options)
    {
        _weights = weights;
        _kernels = kernels;
        int length = options.Depth + options.Tokens;
        int pages = KvCache.PagesFor(length);
        _transformer = new Transformer(config, _weights, _kernels, length);
        _cache = new KvCache(config, _kernels, options.CacheType, pages * options.Sequences);
        _buffers = new StepBuffers(config, _kernels, new StepCapacity(options.Tokens * options.Sequences, options.Sequences, pages, options.Sequences));
        _batch = MakeBatch(config, options, length);
        _logits = new float[config.VocabSize];
        ClearCache(config.LayerCount);
    }

    /// <summary>The forward pass, then each sequence's logits and greedy token.</summary>
    /// <param name="onSampled">Told when the choice of a token began; null for nobody.</param>
    public void Run(Action<long>? onSampled = null)
    {
        _transformer.Forward(_batch, _cache, _buffers);
        TensorView logits = _transformer.Logits(_batch.WantedRows, _batch, _buffers);
        for (int i = 0; i < _batch.WantedCount; i++)
        {
            _kernels.Read<float>(_logits, logits.RowRange(i, 1));
            long start = Stopwatch.GetTimestamp();
            LogitScan.Argmax(_logits);
            onSampled?.Invoke(start);
        }
    }

    public void Dispose()
    {
        _buffers.Dispose();
        _cache.Dispose();
        _transformer.Dispose();
    }

    private Batch MakeBatch(ModelConfig config, StepOptions options, int length)
    {
        var batch = new Batch(options.Tokens * options.Sequences, options.Sequences, KvCache.PagesFor(length));
        var random = new Random(1);
        for (int sequence = 0; sequence < options.Sequences; sequence++)
        {
            var table = new PageTable();
            _cache.TryReserve(table, length);
            batch.BeginSequence(table.AsSpan());
            for (int position = options.Depth; position < length; position++)
            {
                batch.AddToken(
                    random.Next(config.VocabSize), position, position, KvCache.SlotOf(table, position), wantsLogits: position == length - 1);
            }
        }

        return batch;
    }

    // Keys and values of the past: zeros, as good as any for time.
    private void ClearCache(int layerCount)
    {
        for (int i = 0; i < layerCount; i++)
        {
            KvLayerView layer = _cache.Layer(i);
            byte[] zeros = new byte[layer.ByteCount];
            _kernels.Write<byte>(new TensorView(layer.Address, DType.U8, 1, zeros.Length), zeros);
        }
    }
}
