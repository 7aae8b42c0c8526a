// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

/// <summary>Operands of one call.</summary>
internal readonly record struct AttentionCall(
    TensorView Destination, TensorView Query, KvLayerView Cache, BatchView Batch, float Scale, int Window)
{
    public int HeadSize => Cache.HeadSize;

    /// <summary>Query heads to a kv head.</summary>
    public int Group => Query.Columns / (Cache.KvHeadCount * Cache.HeadSize);

    public unsafe int Position(int t) => ((int*)Batch.Positions.Address)[t];

    public unsafe int Sequence(int t) => ((int*)Batch.SequenceOfToken.Address)[t];

    /// <summary>The first position that token t sees.</summary>
    public int FirstVisible(int t) => (int)Math.Max(0, (long)Position(t) - Window + 1);
}

/// <summary>
/// Attention in splits of 256 keys that start at position 0, whatever the chunk, window or batch. A split is softmaxed by itself
/// (maximum m, sum of exponentials l, weighted values o); a row's splits are merged in rising order by one function. So it is the same bits
/// whether one worker goes through the splits or several take one each.
/// </summary>
/// <remarks>Splitting and merging follow FlashAttention-2 and Flash-Decoding; the anchor at 0 is what makes chunking invisible.</remarks>
internal abstract unsafe class AttentionJob : Job, IDisposable
{
    public const int SplitKeys = 256;

    /// <summary>Neighbouring tokens that one item takes together, so that a split's keys are read once into the cache for all.</summary>
    protected const int ItemTokens = 16;

    protected const int BlockTokens = KvLayerView.BlockTokens;
    protected const int SplitBlocks = SplitKeys / BlockTokens;

    /// <summary>Pointers in scratch: a split's blocks of keys, of values, of the keys that follow and what lies behind; in all whole cache lines.</summary>
    protected const int PointerCount = (3 * SplitBlocks) + 16;

    // Splits a thread has to work on between two merges.
    private const int WavePerThread = 16;

    private readonly HostBuffer?[] _buffers = new HostBuffer?[2];
    private int[] _blockStarts = new int[64];
    private int[] _waveItems = [];
    private int[] _waveSplits = [];
    private int _blockCount;
    private int _nextItem;
    private int _nextSplit;

    /// <summary>Next piece to be taken; counts on past the end.</summary>
    private int _claimed;

    public int ItemCount => _blockCount * Call.Cache.KvHeadCount;

    /// <summary>Splits in the present wave; 0 when items are done whole.</summary>
    public int WaveCount { get; private set; }

    protected AttentionCall Call { get; private set; }

    /// <summary>Columns of a row: the head size as the cache counts it.</summary>
    protected int Width => Call.Cache.StoredHead;

    /// <summary>Floats of one head's state: o[D], m, l, and what makes whole vectors.</summary>
    protected int HeadState => Width + VectorMath.Lanes;

    /// <summary>The cache holds bytes that are widened before use.</summary>
    protected bool HasCodes => Call.Cache.DType == DType.I8;

    /// <summary>Bytes of a block's keys or values once widened to BF16.</summary>
    protected int WideBlockBytes => BlockTokens * Width * sizeof(ushort);

    protected int GroupState => Call.Group * HeadState;

    /// <summary>Rows that an item has at most, a row being a head of a token: a multiple of the four that are taken together.</summary>
    protected int ItemRows => ((ItemTokens * Call.Group) + 3) & ~3;

    public long ScratchBytes => (PointerCount * (long)sizeof(nint))
        + (sizeof(float) * (long)((BlockTokens * Width) + (ItemRows * (Width + SplitKeys + (2 * HeadState)))))
        + (HasCodes ? (2 * SplitKeys * sizeof(float)) + ((2 + SplitBlocks) * (long)WideBlockBytes) : 0);

    public void Prepare(in AttentionCall call, int threadCount)
    {
        Call = call;
        WaveCount = 0;
        _claimed = -1;
        CutBlocks(threadCount);
        _nextItem = 0;
        _nextSplit = -1;
        int wave = threadCount * WavePerThread;
        if (_waveItems.Length < wave)
        {
            _waveItems = new int[wave];
            _waveSplits = new int[wave];
        }

        Reserve(0, wave);
        Reserve(1, 2 * threadCount);
    }

    /// <summary>Lists the next splits, items in order and each item's splits rising. False when none is left.</summary>
    public bool NextWave()
    {
        WaveCount = 0;
        _claimed = -1;
        while (_nextItem < ItemCount && WaveCount < _waveItems.Length)
        {
            int t = BlockStart(_nextItem / Call.Cache.KvHeadCount);
            if (_nextSplit < 0)
            {
                _nextSplit = Call.FirstVisible(t) / SplitKeys;
            }

            _waveItems[WaveCount] = _nextItem;
            _waveSplits[WaveCount++] = _nextSplit++;
            if (_nextSplit > Call.Position(t) / SplitKeys)
            {
                _nextItem++;
                _nextSplit = -1;
            }
        }

        return WaveCount > 0;
    }

    /// <summary>Merges the wave's splits into their rows, and stores the rows that are complete.</summary>
    public void MergeWave()
    {
        for (int i = 0; i < WaveCount; i++)
        {
            int item = _waveItems[i];
            int t = BlockStart(item / Call.Cache.KvHeadCount);
            float* state = (float*)_buffers[1]!.DangerousGetHandle() + ((long)item * GroupState);
            Merge(state, Partial(i), isFirst: _waveSplits[i] == Call.FirstVisible(t) / SplitKeys);
            if (_waveSplits[i] == Call.Position(t) / SplitKeys)
            {
                Store(state, t, item % Call.Cache.KvHeadCount);
            }
        }
    }

    public override void Run(int share, int shareCount)
    {
        int count = WaveCount > 0 ? WaveCount : ItemCount;
        for (int i = Interlocked.Increment(ref _claimed); i < count; i = Interlocked.Increment(ref _claimed))
        {
            // Every share takes a piece in turn, more or less: this is the one that comes to it next.
            int next = i + shareCount;
            int heads = Call.Cache.KvHeadCount;
            if (WaveCount > 0)
            {
                Place follows = next < count && _waveItems[next] / heads == _waveItems[i] / heads
                    ? new Place(_waveItems[next] % heads, _waveSplits[next]) : Place.None;
                RunSplit(share, BlockStart(_waveItems[i] / heads), new Place(_waveItems[i] % heads, _waveSplits[i]), follows, Partial(i));
            }
            else
            {
                // Late blocks see the most keys: they go first.
                int block = _blockCount - 1 - (i / heads);
                RunItem(share, BlockStart(block), BlockStart(block + 1), i % heads, (i % heads) + shareCount < heads ? (i % heads) + shareCount : null);
            }
        }
    }

    public void Dispose()
    {
        _buffers[0]?.Dispose();
        _buffers[1]?.Dispose();
    }

    /// <summary>All splits of tokens [start, end), which are of one sequence, for one kv head; then perhaps for another one.</summary>
    protected abstract void RunItem(int share, int start, int end, int kvHead, int? nextHead);

    /// <summary>One split of one token, and where it perhaps goes on.</summary>
    protected abstract void RunSplit(int share, int t, Place place, Place next, float* partial);

    /// <summary>Adds a split's state of all heads of the group to the running one.</summary>
    protected abstract void Merge(float* state, float* partial, bool isFirst);

    /// <summary>o / l of every head of the group to the destination.</summary>
    protected abstract void Store(float* state, int t, int kvHead);

    /// <summary>A split of a kv head's keys.</summary>
    protected readonly record struct Place(int KvHead, int Split)
    {
        public static Place None => new(0, -1);
    }

    private float* Partial(int i) => (float*)_buffers[0]!.DangerousGetHandle() + ((long)i * GroupState);

    private int BlockStart(int block) => _blockStarts[block];

    private void Reserve(int which, int states)
    {
        long bytes = (long)states * GroupState * sizeof(float);
        if (_buffers[which] is not { } held || held.ByteCount < bytes)
        {
            _buffers[which]?.Dispose();
            _buffers[which] = HostBuffer.Allocate(bytes, "attention splits");
        }
    }

    // Few tokens: one to a block, to have pieces for all threads.
    private void CutBlocks(int threadCount)
    {
        int tokens = Call.Batch.TokenCount;
        if (_blockStarts.Length < tokens + 1)
        {
            _blockStarts = new int[2 * (tokens + 1)];
        }

        int longest = (long)tokens * Call.Cache.KvHeadCount < 4L * ItemTokens * threadCount ? 1 : ItemTokens;
        _blockCount = 0;
        for (int t = 0; t < tokens; t++)
        {
            if (t == 0 || Call.Sequence(t) != Call.Sequence(t - 1) || t - _blockStarts[_blockCount - 1] == longest)
            {
                _blockStarts[_blockCount++] = t;
            }
        }

        _blockStarts[_blockCount] = tokens;
    }
}
