// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

internal sealed partial class CpuKernels
{
    public void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        KernelShapes.Attention(destination, query, cache, batch, window);
        if (batch.TokenCount == 0)
        {
            return;
        }

        _attention.Prepare(new AttentionCall(destination, query, cache, batch, scale, window), _pool.ThreadCount);
        long keys = Math.Min(batch.LongestLength, window);
        long work = 2 * query.Count * keys;
        if (_attention.ItemCount < 2 * _pool.ThreadCount && batch.LongestLength > AttentionJob.SplitKeys)
        {
            SpreadSplits(work);
            return;
        }

        // For every thread: a context that grows takes more of them, and that must not allocate.
        _scratch.Reserve(_pool.ThreadCount, _attention.ScratchBytes);
        int shares = Shares(work, _attention.ItemCount);
        _pool.Run(_attention, shares);
    }

    // Few rows, long context: the splits themselves are spread over the threads, a wave at a time, and merged here in order.
    private void SpreadSplits(long work)
    {
        int shares = Shares(work, int.MaxValue);
        _scratch.Reserve(_pool.ThreadCount, _attention.ScratchBytes);
        while (_attention.NextWave())
        {
            _pool.Run(_attention, Math.Min(shares, _attention.WaveCount));
            _attention.MergeWave();
        }
    }
}
