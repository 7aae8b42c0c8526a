// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights;

/// <summary>Counts what has been read of a source and tells whoever wants to know, not more than a few hundred times. Rows may be told from any thread.</summary>
internal sealed class LoadMeter(IProgress<LoadProgress>? progress, long total, int tensorCount)
{
    private const int Steps = 200;

    private readonly Lock _door = new();
    private SourceTensor? _tensor;
    private long _before;
    private long _rows;
    private long _reported;
    private int _done;

    public void Begin(SourceTensor tensor)
    {
        _tensor = tensor;
        _rows = 0;
    }

    public void AddRows(int count)
    {
        lock (_door)
        {
            _rows += count;
            long bytes = _before + (long)((double)_rows / _tensor!.Rows * _tensor.ByteCount);
            if (bytes - _reported >= total / Steps && _rows < _tensor.Rows)
            {
                Report(bytes);
            }
        }
    }

    public void End()
    {
        _before += _tensor!.ByteCount;
        _done++;
        Report(_before);
    }

    public void Finish()
    {
        _tensor = null;
        Report(total);
    }

    private void Report(long bytes)
    {
        _reported = bytes;
        progress?.Report(new LoadProgress(bytes, total, _done, tensorCount, _tensor?.Name));
    }
}
