// SPDX-License-Identifier: MIT
using Phi4.Core.Batching;
using Phi4.Core.Configuration;
using Phi4.Core.Scheduling;
using Phi4.Core.State;
using Phi4.Kernels;
using Phi4.Kernels.Reference;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Scheduling;

/// <summary>Who gets what of each step, without a model.</summary>
internal sealed class SchedulerTests
{
    private static readonly ModelConfig Config = ModelConfigReader.Read(Path.Combine(Goldens.Model("tiny-phi4"), "config.json"));

    private ReferenceKernels _kernels = null!;
    private KvCache _cache = null!;
    private Scheduler _scheduler = null!;

    [SetUp]
    public void Build()
    {
        _kernels = new ReferenceKernels();
        _cache = new KvCache(Config, _kernels, DType.F32, pageCount: 8);
        _scheduler = new Scheduler(_cache, new RopeRows(int.MaxValue), new StepCapacity(Tokens: 16, Sequences: 4, PagesPerSequence: 8, LogitRows: 4));
    }

    [TearDown]
    public void Free()
    {
        _cache.Dispose();
        _kernels.Dispose();
    }

    [Test]
    public void NextBatch_WithNothingToDo_IsNull() => Assert.That(_scheduler.NextBatch(), Is.Null);

    [Test]
    public void NextBatch_AnsweringSequencesFirst_ThenPromptsInOrder()
    {
        _scheduler.Add(new FixedSequence(5, answer: 10));
        Step(_scheduler.NextBatch()!);
        _scheduler.Add(new FixedSequence(20));
        _scheduler.Add(new FixedSequence(20));

        Batch batch = _scheduler.NextBatch()!;
        Assert.That(batch.SequenceOfToken.ToArray(), Is.EqualTo((int[])[0, .. Enumerable.Repeat(1, 15)]), "one token for the answer, the rest for the older prompt");
        Assert.That(batch.Positions[..2].ToArray(), Is.EqualTo((int[])[5, 0]));
        Step(batch);

        batch = _scheduler.NextBatch()!;
        Assert.That(batch.SequenceOfToken.ToArray(), Is.EqualTo((int[])[0, .. Enumerable.Repeat(1, 5), .. Enumerable.Repeat(2, 10)]));
        Assert.That(batch.WantedRows.ToArray(), Is.EqualTo((int[])[0, 5]), "the answer and the prompt that is complete");
    }

    [Test]
    public void NextBatch_CancelledSequence_IsDroppedWithItsPages()
    {
        var sequence = new FixedSequence(40);
        _scheduler.Add(sequence);
        Step(_scheduler.NextBatch()!);
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
            Step(batch);
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
            Step(batch);
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
            Finish(scheduler, batch);
            return result;
        }
    }

    private void Step(Batch batch) => Finish(_scheduler, batch);

    private static void Finish(Scheduler scheduler, Batch batch)
    {
        scheduler.Advance();
        foreach (int row in batch.WantedRows)
        {
            (ScheduledSequence sequence, int position) = scheduler.OwnerOf(row);
            sequence.Accept(position, []);
        }

        scheduler.Retire();
    }

    /// <summary>A prompt of given length that answers with a given number of tokens.</summary>
    private sealed class FixedSequence(int prompt, int answer = 1) : ScheduledSequence(new int[prompt], prompt + answer, new PageTable())
    {
        private int _left = answer;
        private bool _cancelled;

        public int RetiredCount { get; private set; }

        public override bool IsCancelled => _cancelled;

        public void Cancel() => _cancelled = true;

        public override bool WantsLogits(int position) => position == TokenCount - 1;

        public override void Accept(int position, Span<float> logits)
        {
            if (--_left == 0)
            {
                Finish();
            }
            else
            {
                Append(0);
            }
        }

        public override void OnRetired() => RetiredCount++;
    }
}
