// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>
/// A model's tensors by name as they will be used: where they lie in the source, or converted into memory of their own. Owns both.
/// </summary>
internal sealed class WeightMemory : IDisposable
{
    private readonly ModelConfig _config;
    private readonly IWeightSource _source;
    private readonly WeightLoadOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly TensorReader _reader;
    private readonly Dictionary<string, WeightView> _views = new(StringComparer.Ordinal);
    private readonly List<KernelBuffer> _buffers = [];

    public WeightMemory(ModelConfig config, IWeightSource source, WeightLoadOptions options, CancellationToken cancellationToken)
    {
        _config = config;
        _source = source;
        _options = options;
        _cancellation = cancellationToken;
        _reader = new TensorReader(config, source, options, cancellationToken);
    }

    /// <summary>The matrix that the head multiplies by: its own, or the embedding.</summary>
    public string HeadName => _config.TieWordEmbeddings && !_options.Plan.SplitsHead(_config) ? WeightNames.Embedding : WeightNames.Head;

    /// <summary>Parts of fused matrices that could not be told apart once they are quantized.</summary>
    public IEnumerable<ModelFormatProblem> Problems() => _reader.Problems();

    /// <summary>Converts what has to be, and reports.</summary>
    public void Read()
    {
        IReadOnlyList<KeptTensor> work = _reader.Tensors();
        LoadMeter meter = new(_options.Progress, work.Sum(item => item.Source.ByteCount), work.Count);
        for (int i = 0; i < work.Count; i++)
        {
            _cancellation.ThrowIfCancellationRequested();
            KeptTensor tensor = work[i];
            if (i + 1 < work.Count)
            {
                _source.WillNeed(work[i + 1].Source);
            }

            int bufferCount = _buffers.Count;
            meter.Begin(tensor.Source);
            _views[tensor.Spec.Name] = _reader.Read(tensor, Allocate, meter).View;
            meter.End();
            if (_buffers.Count > bufferCount)
            {
                _source.Release(tensor.Source);
            }
        }

        _cancellation.ThrowIfCancellationRequested();
        meter.Finish();
    }

    /// <summary>A matrix as the linear kernels take it.</summary>
    public WeightView Matrix(string name) => _views.TryGetValue(name, out WeightView view) ? view : _source.Map(_source.Find(name)!);

    /// <summary>A tensor that is never quantized.</summary>
    public TensorView Floats(string name) => Matrix(name).Values;

    public void Dispose()
    {
        foreach (KernelBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        _source.Dispose();
    }

    private KernelBuffer Allocate(long byteCount, string purpose)
    {
        KernelBuffer buffer = HostBuffer.Allocate(byteCount, purpose);
        _buffers.Add(buffer);
        return buffer;
    }
}
