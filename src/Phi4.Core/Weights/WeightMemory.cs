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
    private readonly Dictionary<string, WeightView> _views = new(StringComparer.Ordinal);
    private readonly List<KernelBuffer> _buffers = [];

    public WeightMemory(ModelConfig config, IWeightSource source, WeightLoadOptions options, CancellationToken cancellationToken)
    {
        _config = config;
        _source = source;
        _options = options;
        _cancellation = cancellationToken;
    }

    /// <summary>The matrix that the head multiplies by: its own, or the embedding.</summary>
    public string HeadName => _config.TieWordEmbeddings && !Plan.SplitsHead(_config) ? WeightNames.Embedding : WeightNames.Head;

    private WeightPlan Plan => _options.Plan;

    /// <summary>Parts of fused matrices that could not be told apart once they are quantized.</summary>
    public IEnumerable<ModelFormatProblem> Problems()
    {
        if (_config.Layout != ProjectionLayout.Fused)
        {
            return [];
        }

        int keyRows = _config.KvHeadCount * _config.HeadSize;
        return from layerIndex in Enumerable.Range(0, _config.LayerCount)
               from part in new[] { (Name: WeightNames.Qkv(layerIndex), Rows: keyRows), (Name: WeightNames.GateUp(layerIndex), Rows: _config.MlpSize) }
               let tensor = _source.Find(part.Name)
               where tensor is not null && WillHaveBlocks(tensor) && part.Rows % BlockLayout.TileRows != 0
               select new ModelFormatProblem(tensor.File, part.Name, $"parts of a multiple of {BlockLayout.TileRows} rows, to be quantized", $"parts of {part.Rows}");
    }

    /// <summary>Converts what has to be, and reports.</summary>
    public void Read()
    {
        List<(TensorSpec Spec, SourceTensor Tensor)> work = [.. Plan.Tensors(_config).Select(spec => (spec, Origin(spec)))];
        LoadMeter meter = new(_options.Progress, work.Sum(item => item.Tensor.ByteCount), work.Count);
        foreach ((TensorSpec spec, SourceTensor tensor) in work)
        {
            _cancellation.ThrowIfCancellationRequested();
            meter.Begin(tensor);
            _views[spec.Name] = Get(spec, tensor, meter);
            meter.End();
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

    /// <summary>Where a tensor's values come from: a head without weights of its own takes the embedding's.</summary>
    private SourceTensor Origin(TensorSpec spec) =>
        _source.Find(spec.Name) is { } own && !(spec.Name == WeightNames.Head && _config.TieWordEmbeddings && own.Blocks is null)
            ? own
            : _source.Find(WeightNames.Embedding)!;

    private bool WillHaveBlocks(SourceTensor tensor) =>
        Plan.Layers is WeightType.Int8 or WeightType.Int4 || (Plan.Layers == WeightType.AsStored && tensor.Blocks is not null);

    private WeightView Get(TensorSpec spec, SourceTensor tensor, LoadMeter meter)
    {
        WeightType type = Plan.For(spec, tensor.Floats);
        if (WeightPlan.Blocks(type) is { } blocks)
        {
            return tensor.Blocks?.Format == blocks.Format ? Stored(tensor, meter) : Quantize(tensor, blocks, meter);
        }

        return WeightPlan.FloatType(type) is { } dtype && tensor.Floats != dtype ? Convert(tensor, dtype, meter) : Stored(tensor, meter);
    }

    private WeightView Stored(SourceTensor tensor, LoadMeter meter)
    {
        if (tensor.IsMapped)
        {
            return _source.Map(tensor);
        }

        return tensor.Blocks is { } blocks ? Copy(tensor, blocks, meter) : Convert(tensor, tensor.Floats ?? DType.F32, meter);
    }

    private WeightView Quantize(SourceTensor tensor, BlockFormat format, LoadMeter meter)
    {
        WeightView target = Allocate(tensor, format);
        TensorConverter.Quantize(_source, tensor, target, _options, meter, _cancellation);
        return target;
    }

    private WeightView Copy(SourceTensor tensor, BlockFormat format, LoadMeter meter)
    {
        WeightView target = Allocate(tensor, format);
        TensorConverter.CopyBlocks(_source, tensor, target, _options, meter, _cancellation);
        return target;
    }

    private WeightView Convert(SourceTensor tensor, DType dtype, LoadMeter meter)
    {
        KernelBuffer buffer = Allocate((long)tensor.Rows * tensor.Columns * dtype.SizeInBytes(), tensor.Name);
        TensorView target = buffer.View(dtype, tensor.Rows, tensor.Columns);
        TensorConverter.Convert(_source, tensor, target, _options, meter, _cancellation);
        return target;
    }

    private WeightView Allocate(SourceTensor tensor, BlockFormat format)
    {
        long codeBytes = BlockLayout.CodeBytes(format.Format, tensor.Rows, tensor.Columns);
        long scaleBytes = BlockLayout.ScaleBytes(tensor.Rows, tensor.Columns);
        nint address = Allocate(format.ByteCount(tensor.Rows, tensor.Columns), tensor.Name).DangerousGetHandle();
        nint scales = address + (nint)codeBytes;
        return format.Format == WeightFormat.Int8
            ? WeightView.Int8(tensor.Rows, tensor.Columns, address, scales)
            : WeightView.Int4(tensor.Rows, tensor.Columns, address, scales, format.HasOffsets ? scales + (nint)scaleBytes : 0, format.Table);
    }

    private KernelBuffer Allocate(long byteCount, string purpose)
    {
        KernelBuffer buffer = HostBuffer.Allocate(byteCount, purpose);
        _buffers.Add(buffer);
        return buffer;
    }
}
