// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>
/// Carries rows of logits from the base model's engine to the model's through a buffer of some rows. The engines take turns: one fills the buffer while the
/// other waits, then the other empties it. So memory is bounded, and they don't fight over the processors.
/// </summary>
internal sealed class LogitExchange : IDisposable
{
    private const long BufferBytes = 64 << 20;

    private readonly int _vocabSize;
    private readonly float[] _rows;
    private readonly int _capacity;
    private readonly CancellationToken _cancellation;
    private readonly SemaphoreSlim _baseTurn = new(0);
    private readonly SemaphoreSlim _modelTurn = new(0);
    private int _count;
    private int _taken;

    /// <param name="vocabSize">V.</param>
    /// <param name="rowCount">Rows in all.</param>
    /// <param name="cancellation">Ends all waiting: when a side is gone, the other's turn would never come.</param>
    public LogitExchange(int vocabSize, int rowCount, CancellationToken cancellation)
    {
        _vocabSize = vocabSize;
        _capacity = (int)Math.Clamp(BufferBytes / sizeof(float) / vocabSize, 1, rowCount);
        _rows = new float[_capacity * vocabSize];
        _cancellation = cancellation;
    }

    /// <summary>Ends when the first rows are there: the moment to start the model.</summary>
    public Task FirstRowsAsync() => _modelTurn.WaitAsync(_cancellation);

    /// <summary>The base model's side.</summary>
    public void Give(ReadOnlySpan<float> logits, bool isLast)
    {
        logits.CopyTo(_rows.AsSpan(_count++ * _vocabSize));
        if (isLast)
        {
            _modelTurn.Release();
        }
        else if (_count == _capacity)
        {
            _modelTurn.Release();
            _baseTurn.Wait(_cancellation);
        }
    }

    /// <summary>The model's side: the next row, valid until <see cref="Return"/>.</summary>
    public ReadOnlySpan<float> Take() => _rows.AsSpan(_taken * _vocabSize, _vocabSize);

    /// <summary>The row that was taken is done with.</summary>
    public void Return(bool isLast)
    {
        if (++_taken == _count && !isLast)
        {
            (_taken, _count) = (0, 0);
            _baseTurn.Release();
            _modelTurn.Wait(_cancellation);
        }
    }

    public void Dispose()
    {
        _baseTurn.Dispose();
        _modelTurn.Dispose();
    }
}
