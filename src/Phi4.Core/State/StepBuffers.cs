// SPDX-License-Identifier: MIT
using Phi4.Core.Batching;
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.State;

/// <summary>The scratch of a step: activations and the batch's integers, allocated once for the largest step.</summary>
internal sealed class StepBuffers : IDisposable
{
    /// <summary>Id, position, rotary row, slot, sequence, wanted row.</summary>
    private const int IntegersPerToken = 6;

    private readonly IKernels _kernels;
    private readonly KernelBuffer _memory;
    private readonly StepTensors _capacity;
    private readonly TensorView _ids;
    private readonly TensorView _positions;
    private readonly TensorView _ropeRows;
    private readonly TensorView _slots;
    private readonly TensorView _sequenceOfToken;
    private readonly TensorView _pageTables;
    private readonly TensorView _wantedRows;

    public StepBuffers(ModelConfig config, IKernels kernels, StepCapacity capacity)
    {
        _kernels = kernels;
        Capacity = capacity;
        _memory = kernels.Allocate(ByteCount(config, capacity), "scratch");
        var cursor = new Cursor(_memory);
        int tokens = capacity.Tokens;
        int queryWidth = config.HeadCount * config.HeadSize, keyWidth = config.KvHeadCount * config.HeadSize;
        TensorView queryKeyValue = cursor.Take(DType.F32, tokens, queryWidth + (2 * keyWidth));
        _capacity = new StepTensors
        {
            Hidden = cursor.Take(DType.F32, tokens, config.HiddenSize),
            Normed = cursor.Take(DType.F32, tokens, config.HiddenSize),
            QueryKeyValue = queryKeyValue,
            Query = queryKeyValue.ColumnRange(0, queryWidth),
            Key = queryKeyValue.ColumnRange(queryWidth, keyWidth),
            Value = queryKeyValue.ColumnRange(queryWidth + keyWidth, keyWidth),
            Attended = cursor.Take(DType.F32, tokens, queryWidth),
            Activated = cursor.Take(DType.F32, tokens, config.MlpSize),
        };
        Wanted = cursor.Take(DType.F32, capacity.LogitRows, config.HiddenSize);
        Logits = cursor.Take(DType.F32, capacity.LogitRows, config.VocabSize);
        _ids = cursor.Take(DType.I32, 1, tokens);
        _positions = cursor.Take(DType.I32, 1, tokens);
        _ropeRows = cursor.Take(DType.I32, 1, tokens);
        _slots = cursor.Take(DType.I32, 1, tokens);
        _sequenceOfToken = cursor.Take(DType.I32, 1, tokens);
        _wantedRows = cursor.Take(DType.I32, 1, tokens);
        _pageTables = cursor.Take(DType.I32, capacity.Sequences, capacity.PagesPerSequence);
    }

    public StepCapacity Capacity { get; }

    /// <summary>[LogitRows, H]: normed hidden states of the rows whose logits are being computed.</summary>
    public TensorView Wanted { get; }

    /// <summary>[LogitRows, V].</summary>
    public TensorView Logits { get; }

    /// <summary>Bytes that a step of this size takes, for the memory plan.</summary>
    public static long ByteCount(ModelConfig config, StepCapacity capacity)
    {
        long perToken = 2L * config.HiddenSize + 2L * config.HeadSize * (config.HeadCount + config.KvHeadCount) + config.MlpSize + IntegersPerToken;
        long perLogitRow = (long)config.HiddenSize + config.VocabSize;
        long integers = (long)capacity.Sequences * capacity.PagesPerSequence;
        return (perToken * capacity.Tokens + perLogitRow * capacity.LogitRows + integers) * sizeof(float) + Cursor.Slack;
    }

    /// <summary>The activations of a step of <paramref name="tokenCount"/> tokens.</summary>
    public StepTensors Tensors(int tokenCount) => _capacity.FirstRows(tokenCount);

    /// <summary>Hands the batch's integers to the backend.</summary>
    public (TensorView Ids, BatchView View) Upload(Batch batch)
    {
        _kernels.Write(_pageTables, batch.PageTables);
        var view = new BatchView(
            batch.TokenCount,
            batch.SequenceCount,
            Upload(_positions, batch.Positions),
            Upload(_ropeRows, batch.RopeRows),
            Upload(_slots, batch.Slots),
            Upload(_sequenceOfToken, batch.SequenceOfToken),
            _pageTables.RowRange(0, batch.SequenceCount),
            batch.LongestLength);
        return (Upload(_ids, batch.Ids), view);
    }

    /// <summary>Hands a list of row numbers to the backend.</summary>
    public TensorView UploadRows(ReadOnlySpan<int> rows) => Upload(_wantedRows, rows);

    public void Dispose() => _memory.Dispose();

    private TensorView Upload(TensorView destination, ReadOnlySpan<int> values)
    {
        _kernels.Write(destination, values);
        return destination.ColumnRange(0, values.Length);
    }

    /// <summary>Cuts a buffer into 64-byte aligned tensors.</summary>
    private struct Cursor(KernelBuffer memory)
    {
        /// <summary>Room for the alignment of every tensor.</summary>
        public const long Slack = 16 * Alignment;

        private const long Alignment = 64;
        private long _offset;

        public TensorView Take(DType dtype, int rows, int columns)
        {
            TensorView view = memory.View(dtype, rows, columns, _offset);
            long end = _offset + view.Count * dtype.SizeInBytes();
            _offset = (end + Alignment - 1) / Alignment * Alignment;
            return view;
        }
    }
}

/// <summary>The largest step.</summary>
/// <param name="Tokens">Most tokens.</param>
/// <param name="Sequences">Most sequences.</param>
/// <param name="PagesPerSequence">Most cache pages of one sequence.</param>
/// <param name="LogitRows">Rows of logits computed at once; a step that wants more takes several rounds.</param>
internal readonly record struct StepCapacity(int Tokens, int Sequences, int PagesPerSequence, int LogitRows);
