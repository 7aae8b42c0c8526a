// SPDX-License-Identifier: MIT
using Phi4.Core.Batching;
using Phi4.Core.Configuration;
using Phi4.Core.State;

namespace Phi4.Core.Scheduling;

/// <summary>
/// Decides what the next step computes: first one token for every sequence that is answering, so that a long prompt never holds up an answer; then the
/// prompts, first come first served, in chunks of what room is left. When pages run out, the youngest sequence gives its pages back and
/// is computed anew later: chunking does not change results, so neither does that. Not thread-safe: the engine's thread owns it.
/// </summary>
internal sealed class Scheduler
{
    private readonly KvCache _cache;
    private readonly RopeRows _ropeRows;
    private readonly bool _keepsPrompts;
    private readonly Batch _batch;
    private readonly List<ScheduledSequence> _waiting = [];
    private readonly List<ScheduledSequence> _running;
    private readonly List<Share> _shares;

    /// <param name="cache">Where the pages come from.</param>
    /// <param name="ropeRows">Which regime a sequence of a given length is in.</param>
    /// <param name="capacity">The largest step.</param>
    /// <param name="keepsPrompts">Whether what a sequence has computed is kept for those that begin as it did.</param>
    public Scheduler(KvCache cache, RopeRows ropeRows, StepCapacity capacity, bool keepsPrompts = true)
    {
        _cache = cache;
        _ropeRows = ropeRows;
        _keepsPrompts = keepsPrompts;
        _batch = new Batch(capacity.Tokens, capacity.Sequences, capacity.PagesPerSequence);
        _running = new List<ScheduledSequence>(capacity.Sequences);
        _shares = new List<Share>(capacity.Sequences);
    }

    public int RunningCount => _running.Count;

    public int WaitingCount => _waiting.Count;

    /// <summary>Times that a sequence gave up its pages for an older one.</summary>
    public long PreemptionCount { get; private set; }

    public void Add(ScheduledSequence sequence) => _waiting.Add(sequence);

    /// <summary>The next step's work, or null when there is none. Valid until the next call.</summary>
    public Batch? NextBatch()
    {
        Retire();
        while (_running.Count + _waiting.Count > 0)
        {
            _batch.Clear();
            _shares.Clear();
            ShareAmongRunning(answering: true);
            ShareAmongRunning(answering: false);
            AdmitWaiting();
            if (_batch.TokenCount > 0)
            {
                return _batch;
            }

            MakeRoom();
            Retire();
        }

        return null;
    }

    /// <summary>The batch has been run: its tokens are in the cache.</summary>
    public void Advance()
    {
        foreach (Share share in _shares)
        {
            share.Sequence.Pages.Length += share.Count;
            if (Shares(share.Sequence))
            {
                _cache.Publish(share.Sequence.Pages, share.Sequence.Tokens);
            }
        }
    }

    /// <summary>Whose token is in this row of the batch, and at which position.</summary>
    public (ScheduledSequence Sequence, int Position) OwnerOf(int row) =>
        (_shares[_batch.SequenceOfToken[row]].Sequence, _batch.Positions[row]);

    /// <summary>Lets go of everything that is finished or cancelled: pages first, then its owner is told.</summary>
    public void Retire()
    {
        Retire(_running);
        Retire(_waiting);
    }

    /// <summary>Ends every sequence with the same error, and trusts nothing that any of them has left in the cache.</summary>
    public void FailAll(Exception failure)
    {
        _running.ForEach(sequence => sequence.Fail(failure));
        _waiting.ForEach(sequence => sequence.Fail(failure));
        Retire();
        _cache.ForgetPrefixes();
    }

    private void Retire(List<ScheduledSequence> sequences)
    {
        for (int i = 0; i < sequences.Count; i++)
        {
            ScheduledSequence sequence = sequences[i];
            if (sequence.IsFinished || sequence.IsCancelled)
            {
                sequences.RemoveAt(i--);
                if (!sequence.KeepsPages)
                {
                    GiveBackPages(sequence);
                }

                sequence.OnRetired();
            }
        }
    }

    private void ShareAmongRunning(bool answering)
    {
        for (int i = 0; i < _running.Count && _batch.FreeTokens > 0; i++)
        {
            ScheduledSequence sequence = _running[i];
            ForgetOtherRegime(sequence);
            if (sequence.PendingCount == 1 == answering && !IsInBatch(sequence))
            {
                while (!TryShare(sequence) && PreemptYoungerThan(i))
                {
                }
            }
        }
    }

    private void AdmitWaiting()
    {
        while (_waiting.Count > 0 && _running.Count < _batch.SequenceCapacity && _batch.FreeTokens > 0)
        {
            ScheduledSequence next = _waiting[0];
            ForgetOtherRegime(next);
            int missing = KvCache.PagesFor(next.TokenCount + 1) - next.Pages.Pages.Count;
            if (_running.Count > 0 && missing > _cache.FreePageCount && missing - HeldFor(next) > _cache.FreePageCount)
            {
                return; // enough will come free when a running one ends; taking it in now would only push it out again
            }

            if (!TryShare(next))
            {
                return;
            }

            _waiting.RemoveAt(0);
            _running.Add(next);
        }
    }

    /// <summary>Adds as many of the sequence's pending tokens as there is room and cache for; false if not one.</summary>
    private bool TryShare(ScheduledSequence sequence)
    {
        PageTable table = sequence.Pages;
        if (table.Pages.Count == 0 && Shares(sequence))
        {
            _cache.TakeOver(table, sequence.Tokens, _ropeRows.Offset(sequence.TokenCount));
        }

        int count = Math.Min(sequence.PendingCount, _batch.FreeTokens);
        while (!_cache.TryReserve(table, table.Length + count))
        {
            int room = (table.Pages.Count + _cache.FreePageCount) * KvCache.PageSize - table.Length;
            if (count == 1 || room <= 0)
            {
                return false;
            }

            count = Math.Min(count - 1, room);
        }

        table.RopeOffset = _ropeRows.Offset(sequence.TokenCount);
        _shares.Add(new Share(sequence, count));
        _batch.BeginSequence(table.AsSpan());
        ReadOnlySpan<int> tokens = sequence.Tokens;
        for (int position = table.Length; position < table.Length + count; position++)
        {
            _batch.AddToken(
                tokens[position], position, position + table.RopeOffset, KvCache.SlotOf(table, position), sequence.WantsLogits(position));
        }

        return true;
    }

    /// <summary>Keys rotated by another LongRoPE regime than the sequence's length now asks for are of no use.</summary>
    private void ForgetOtherRegime(ScheduledSequence sequence)
    {
        if (sequence.Pages.Length > 0 && sequence.Pages.RopeOffset != _ropeRows.Offset(sequence.TokenCount))
        {
            _cache.Truncate(sequence.Pages, 0);
        }
    }

    private bool PreemptYoungerThan(int index)
    {
        int youngest = _running.Count - 1;
        if (youngest <= index || IsInBatch(_running[youngest]))
        {
            return false;
        }

        Preempt(youngest);
        return true;
    }

    private void Preempt(int index)
    {
        ScheduledSequence sequence = _running[index];
        _running.RemoveAt(index);
        GiveBackPages(sequence);
        _waiting.Insert(0, sequence);
        PreemptionCount++;
    }

    /// <summary>Nobody could run a single token. Push out the youngest; if only one is left, no room can ever come.</summary>
    private void MakeRoom()
    {
        if (_running.Count > 1)
        {
            Preempt(_running.Count - 1);
            return;
        }

        ScheduledSequence stuck = _running.Count == 1 ? _running[0] : _waiting[0];
        stuck.Fail(new KvCacheFullException(stuck.TokenCount, _cache.FreePageCount * (long)KvCache.PageSize, _cache.TokenCapacity));
    }

    private bool Shares(ScheduledSequence sequence) => _keepsPrompts && sequence.SharesPages;

    /// <summary>Pages that the sequence need not have for itself, because others hold them with what it begins with.</summary>
    private int HeldFor(ScheduledSequence sequence) =>
        sequence.Pages.Pages.Count == 0 && Shares(sequence) ? _cache.CountHeld(sequence.Tokens, _ropeRows.Offset(sequence.TokenCount)) : 0;

    private void GiveBackPages(ScheduledSequence sequence)
    {
        if (Shares(sequence) && sequence.Failure is null)
        {
            _cache.Leave(sequence.Pages, sequence.Tokens);
        }
        else
        {
            _cache.Truncate(sequence.Pages, 0);
        }
    }

    private bool IsInBatch(ScheduledSequence sequence)
    {
        foreach (Share share in _shares)
        {
            if (share.Sequence == sequence)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Share(ScheduledSequence Sequence, int Count);
}
