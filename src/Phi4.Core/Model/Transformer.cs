// SPDX-License-Identifier: MIT
using Phi4.Core.Batching;
using Phi4.Core.Configuration;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Core.Model;

/// <summary>
/// The model: embedding, decoder layers, final norm, head. Reads weights, writes only the state handed to it, keeps nothing between steps.
/// Start reading here.
/// </summary>
internal sealed class Transformer : IDisposable
{
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly IKernels _kernels;
    private readonly DecoderLayer[] _layers;
    private readonly KernelBuffer _ropeMemory;
    private readonly TensorView _ropeTable;

    /// <param name="config">Sizes.</param>
    /// <param name="weights">Views in the backend's memory; not owned.</param>
    /// <param name="kernels">The backend; not owned.</param>
    /// <param name="contextLength">Longest sequence that will be run, in tokens.</param>
    public Transformer(ModelConfig config, ModelWeights weights, IKernels kernels, int contextLength)
    {
        _config = config;
        _weights = weights;
        _kernels = kernels;
        _layers = [.. weights.Layers.Select(layer => new DecoderLayer(config, layer, kernels))];
        float[] table = RopeTable.Build(config.Rope, contextLength);
        _ropeMemory = kernels.Allocate((long)table.Length * sizeof(float), "rotary table");
        _ropeTable = _ropeMemory.View(DType.F32, table.Length / config.Rope.RotarySize, config.Rope.RotarySize);
        try
        {
            kernels.Write<float>(_ropeTable, table);
        }
        catch
        {
            _ropeMemory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs the batch's tokens through all layers: their keys and values enter the cache, their hidden states are left in <paramref name="buffers"/>.
    /// </summary>
    public void Forward(Batch batch, KvCache cache, StepBuffers buffers)
    {
        (TensorView ids, BatchView view) = buffers.Upload(batch);
        StepTensors x = buffers.Tensors(batch.TokenCount);
        _kernels.Embed(x.Hidden, _weights.Embedding, ids);
        for (int i = 0; i < _layers.Length; i++)
        {
            _weights.Stream?.Reach(i);
            _layers[i].Forward(x, _ropeTable, cache.Layer(i), view);
        }
    }

    /// <summary>Logits of up to LogitRows rows of the batch that <see cref="Forward"/> ran last: [rows, V] F32, valid until the next call.</summary>
    public TensorView Logits(ReadOnlySpan<int> rows, Batch batch, StepBuffers buffers)
    {
        TensorView wanted = buffers.Wanted.RowRange(0, rows.Length);
        TensorView logits = buffers.Logits.RowRange(0, rows.Length);
        _kernels.GatherRows(wanted, buffers.Tensors(batch.TokenCount).Hidden, buffers.UploadRows(rows));
        _kernels.NormLinear(logits, wanted, new RowNorm(_weights.FinalNorm, _config.RmsNormEpsilon, wanted), _weights.Head, TensorView.None);
        return logits;
    }

    public void Dispose() => _ropeMemory.Dispose();
}
