// SPDX-License-Identifier: MIT
using Phi4.Core.Batching;
using Phi4.Core.Configuration;
using Phi4.Core.Scheduling;
using Phi4.Core.State;
using Phi4.Core.Tests.State;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Scheduling;

/// <summary>Who gets what of each step, without a model.</summary>
internal sealed class SchedulerTests
{
    private TinyCache _tiny = null!;
    private KvCache _cache = null!;
    private Scheduler _scheduler = null!;

    [SetUp]
    public void Build()
    {
        _tiny = new TinyCache(DType.F32, 8);
        _cache = _tiny.Cache;
        _scheduler = new Scheduler(_cache, new RopeRows(int.MaxValue), new StepCapacity(Tokens: 16, Sequences: 4, PagesPerSequence: 8, LogitRows: 4));
    }

    [TearDown]
    public void Free() => _tiny.Dispose();

    [Test]
    public void NextBatch_WithNothingToDo_IsNull() => Assert.That(_scheduler.NextBatch(), Is.Null);

    [Test]
    public void NextBatch_AnsweringSequencesFirst_ThenPromptsInOrder()
    {
        _scheduler.Add(new FixedSequence(5, answer: 10));
        _scheduler.Complete(_scheduler.NextBatch()!);
        _scheduler.Add(new FixedSequence(20));
        _scheduler.Add(new FixedSequence(20));

        Batch batch = _scheduler.NextBatch()!;
        Assert.That(batch.SequenceOfToken.ToArray(), Is.EqualTo((int[])[0, .. Enumerable.Repeat(1, 15)]), "one token for the answer, the rest for the older prompt");
        Assert.That(batch.Positions[..2].ToArray(), Is.EqualTo((int[])[5, 0]));
        _scheduler.Complete(batch);

        batch = _scheduler.NextBatch()!;
        Assert.That(batch.SequenceOfToken.ToArray(), Is.EqualTo((int[])[0, .. Enumerable.Repeat(1, 5), .. Enumerable.Repeat(2, 10)]));
        Assert.That(batch.WantedRows.ToArray(), Is.EqualTo((int[])[0, 5]), "the answer and the prompt that is complete");
    }

    [Test]
    public void NextBatch_CancelledSequence_IsDroppedWithItsPages()
    {
        var sequence = new FixedSequence(40);
        _scheduler.Add(sequence);
        _scheduler.Complete(_scheduler.NextBatch()!);
        sequence.Cancel();
        Assert.That(_scheduler.NextBatch(), Is.Null);
        Assert.That((sequence.RetiredCount, _cache.FreePageCount), Is.EqualTo((1, 8)));
    }

    [Test]
    public void NextBatch_WhenPagesRunOut_TheYoungestGivesWayAndAllComplete()
    {
        FixedSequence[] sequences = [.. Enumerable.Range(0, 3).Select(_ => new FixedSequence(60, answer: 60))];
        foreach (FixedSequence sequence in sequences)
        {
            _scheduler.Add(sequence);
        }

        int steps = 0;
        while (_scheduler.NextBatch() is { } batch)
        {
            _scheduler.Complete(batch);
            Assert.That(steps++, Is.LessThan(2000), "it must come to an end");
        }

        Assert.That(sequences.Select(sequence => sequence.RetiredCount), Is.All.EqualTo(1));
        Assert.That(sequences.Select(sequence => sequence.Failure), Is.All.Null);
        Assert.That(_scheduler.PreemptionCount, Is.GreaterThan(0), "three sequences of 120 tokens do not fit 8 pages at once");
        Assert.That(_cache.FreePageCount, Is.EqualTo(8));
    }

    [Test]
    public void NextBatch_OneSequenceLargerThanTheWholeCache_FailsAloneWithTheNumbers()
    {
        var tooLong = new FixedSequence(8 * KvCache.PageSize + 1);
        _scheduler.Add(tooLong);
        while (_scheduler.NextBatch() is { } batch)
        {
            _scheduler.Complete(batch);
        }

        Assert.That(tooLong.Failure, Is.TypeOf<KvCacheFullException>());
        Assert.That(_cache.FreePageCount, Is.EqualTo(8));
    }

    [Test]
    public void NextBatch_CrossingTheRotarySwitch_ComputesTheWholeSequenceAnew()
    {
        var scheduler = new Scheduler(_cache, new RopeRows(SwitchLength: 10), new StepCapacity(16, 4, 8, 4));
        scheduler.Add(new FixedSequence(9, answer: 3));
        Assert.That(Run(scheduler), Is.EqualTo((9, 0)));
        Assert.That(Run(scheduler), Is.EqualTo((1, 9)), "ten tokens: still the short regime");
        Assert.That(Run(scheduler), Is.EqualTo((11, 10)), "eleven: every key again, rows of the long regime");

        static (int Tokens, int FirstRow) Run(Scheduler scheduler)
        {
            Batch batch = scheduler.NextBatch()!;
            (int, int) result = (batch.TokenCount, batch.RopeRows[0]);
            scheduler.Complete(batch);
            return result;
        }
    }
}
