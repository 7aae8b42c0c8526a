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
        Forward(ids, view, cache, buffers.Tensors(batch.TokenCount));
    }

    /// <summary>
    /// A forward pass, the logits of all rows wanted, and a choice among them, as work that a backend may repeat for other batches of that shape.
    /// </summary>
    /// <param name="batch">Of at most LogitRows rows wanted.</param>
    /// <param name="cache">Takes its keys and values.</param>
    /// <param name="buffers">Scratch.</param>
    /// <param name="choose">What is asked of the logits, the same each time; null for nothing.</param>
    public TensorView Answer(Batch batch, KvCache cache, StepBuffers buffers, Action<TensorView>? choose)
    {
        (TensorView ids, BatchView view) = buffers.Upload(batch);
        TensorView logits = buffers.Logits.RowRange(0, batch.WantedCount);
        var work = new AnswerWork(this, ids, view, buffers.UploadRows(batch.WantedRows), cache, buffers, choose);
        _kernels.Repeat(view, choose is null ? 0 : 1, work);
        return logits;
    }

    /// <summary>Logits of up to LogitRows rows of the batch that <see cref="Forward(Batch, KvCache, StepBuffers)"/> ran last: [rows, V] F32, valid until the next call.</summary>
    public TensorView Logits(ReadOnlySpan<int> rows, Batch batch, StepBuffers buffers)
        => Logits(buffers.UploadRows(rows), buffers.Tensors(batch.TokenCount), buffers);

    public void Dispose() => _ropeMemory.Dispose();

    private void Forward(TensorView ids, in BatchView view, KvCache cache, in StepTensors x)
    {
        _kernels.Embed(x.Hidden, _weights.Embedding, ids);
        for (int i = 0; i < _layers.Length; i++)
        {
            _weights.Stream?.Reach(i);
            _layers[i].Forward(x, _ropeTable, cache.Layer(i), view);
        }
    }

    private TensorView Logits(TensorView rows, in StepTensors x, StepBuffers buffers)
    {
        TensorView wanted = buffers.Wanted.RowRange(0, rows.Columns);
        TensorView logits = buffers.Logits.RowRange(0, rows.Columns);
        _kernels.GatherRows(wanted, x.Hidden, rows);
        _kernels.NormLinear(logits, wanted, new RowNorm(_weights.FinalNorm, _config.RmsNormEpsilon, wanted), _weights.Head, TensorView.None);
        return logits;
    }

    private readonly record struct AnswerWork(
        Transformer Model, TensorView Ids, BatchView View, TensorView Rows, KvCache Cache, StepBuffers Buffers, Action<TensorView>? Choose) : IStepWork
    {
        public void Run()
        {
            StepTensors x = Buffers.Tensors(View.TokenCount);
            Model.Forward(Ids, View, Cache, x);
            TensorView logits = Model.Logits(Rows, x, Buffers);
            Choose?.Invoke(logits);
        }
    }
}
