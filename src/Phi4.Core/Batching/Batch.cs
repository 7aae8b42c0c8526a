// SPDX-License-Identifier: MIT
namespace Phi4.Core.Batching;

/// <summary>
/// One step's work as the model sees it: T tokens of S sequences, back to back, ragged. The contract between the scheduler, which fills it,
/// and the model, which only reads it. Prefill, chunked prefill and decode differ in nothing but its shape.
/// Its arrays are allocated once and reused for every step.
/// </summary>
internal sealed class Batch
{
    private readonly int[] _ids;
    private readonly int[] _positions;
    private readonly int[] _ropeRows;
    private readonly int[] _slots;
    private readonly int[] _sequenceOfToken;
    private readonly int[] _pageTables;
    private readonly int[] _wantedRows;

    /// <param name="tokenCapacity">Most tokens in a step.</param>
    /// <param name="sequenceCapacity">Most sequences in a step.</param>
    /// <param name="pagesPerSequence">Most pages of one sequence: the row length of <see cref="PageTables"/>.</param>
    public Batch(int tokenCapacity, int sequenceCapacity, int pagesPerSequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokenCapacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sequenceCapacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pagesPerSequence);
        TokenCapacity = tokenCapacity;
        SequenceCapacity = sequenceCapacity;
        PagesPerSequence = pagesPerSequence;
        _ids = new int[tokenCapacity];
        _positions = new int[tokenCapacity];
        _ropeRows = new int[tokenCapacity];
        _slots = new int[tokenCapacity];
        _sequenceOfToken = new int[tokenCapacity];
        _wantedRows = new int[tokenCapacity];
        _pageTables = new int[sequenceCapacity * pagesPerSequence];
    }

    public int TokenCapacity { get; }

    public int SequenceCapacity { get; }

    public int PagesPerSequence { get; }

    /// <summary>T.</summary>
    public int TokenCount { get; private set; }

    /// <summary>S.</summary>
    public int SequenceCount { get; private set; }

    /// <summary>Largest position + 1.</summary>
    public int LongestLength { get; private set; }

    /// <summary>Rows whose logits somebody wants.</summary>
    public int WantedCount { get; private set; }

    public int FreeTokens => TokenCapacity - TokenCount;

    /// <summary>[T]: token ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, TokenCount);

    /// <summary>[T]: position in the sequence.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, TokenCount);

    /// <summary>[T]: row of the rotary table.</summary>
    public ReadOnlySpan<int> RopeRows => _ropeRows.AsSpan(0, TokenCount);

    /// <summary>[T]: cache slot to write.</summary>
    public ReadOnlySpan<int> Slots => _slots.AsSpan(0, TokenCount);

    /// <summary>[T]: index of the sequence in this batch.</summary>
    public ReadOnlySpan<int> SequenceOfToken => _sequenceOfToken.AsSpan(0, TokenCount);

    /// <summary>[S, PagesPerSequence]: pages of each sequence; entries past its length are stale and never read.</summary>
    public ReadOnlySpan<int> PageTables => _pageTables.AsSpan(0, SequenceCount * PagesPerSequence);

    /// <summary>[WantedCount]: rows of the batch, rising.</summary>
    public ReadOnlySpan<int> WantedRows => _wantedRows.AsSpan(0, WantedCount);

    public void Clear() => (TokenCount, SequenceCount, LongestLength, WantedCount) = (0, 0, 0, 0);

    /// <summary>Starts a sequence; the tokens added next are its own.</summary>
    public void BeginSequence(ReadOnlySpan<int> pages)
    {
        if (SequenceCount == SequenceCapacity || pages.Length > PagesPerSequence)
        {
            throw new InvalidOperationException(
                $"Sequence {SequenceCount} with {pages.Length} pages does not fit a batch of {SequenceCapacity} sequences x {PagesPerSequence} pages.");
        }

        pages.CopyTo(_pageTables.AsSpan(SequenceCount * PagesPerSequence));
        SequenceCount++;
    }

    /// <summary>Adds the next token of the sequence begun last.</summary>
    public void AddToken(int id, int position, int ropeRow, int slot, bool wantsLogits)
    {
        if (TokenCount == TokenCapacity || SequenceCount == 0)
        {
            throw new InvalidOperationException($"No room for token {TokenCount} of {TokenCapacity} (sequences begun: {SequenceCount}).");
        }

        int row = TokenCount++;
        _ids[row] = id;
        _positions[row] = position;
        _ropeRows[row] = ropeRow;
        _slots[row] = slot;
        _sequenceOfToken[row] = SequenceCount - 1;
        LongestLength = Math.Max(LongestLength, position + 1);
        if (wantsLogits)
        {
            _wantedRows[WantedCount++] = row;
        }
    }
}
