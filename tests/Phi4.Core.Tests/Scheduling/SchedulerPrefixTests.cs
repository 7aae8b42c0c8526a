// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Scheduling;
using Phi4.Core.State;
using Phi4.Core.Tests.State;
using Phi4.Kernels;

namespace Phi4.Core.Tests.Scheduling;

/// <summary>Who takes over what others have computed, and that nobody waits for it.</summary>
internal sealed class SchedulerPrefixTests
{
    private const int Pages = 8;
    private const int P = KvCache.PageSize;

    private static readonly StepCapacity Step = new(Tokens: 2 * P, Sequences: 4, PagesPerSequence: Pages, LogitRows: 4);

    private TinyCache _tiny = null!;
    private KvCache _cache = null!;
    private Scheduler _scheduler = null!;

    [SetUp]
    public void Build()
    {
        _tiny = new TinyCache(DType.F32, Pages);
        _cache = _tiny.Cache;
        _scheduler = new Scheduler(_cache, new RopeRows(SwitchLength: 100), Step);
    }

    [TearDown]
    public void Free() => _tiny.Dispose();

    [Test]
    public void Prompt_ThatBeginsAsAnEndedOne_IsComputedFromThereOn()
    {
        Assert.That(Run(Sharing(2 * P)), Is.Zero);
        Assert.That(Run(Sharing(2 * P + 10)), Is.EqualTo(2 * P));
        Assert.That(Run(Sharing(2 * P + 10)), Is.EqualTo(2 * P + 9), "the last token is always computed");
        Assert.That(Run(Sharing(2 * P, firstToken: 1)), Is.Zero);
        Assert.That((_cache.FreePageCount, _scheduler.PreemptionCount), Is.EqualTo((Pages, 0)));
    }

    [Test]
    public void Prompt_WhileOneLikeItRuns_TakesOverWhatIsComputedByThen()
    {
        var first = Sharing(2 * P, answer: 5);
        _scheduler.Add(first);
        RunStep();
        var second = Sharing(2 * P + 1, answer: 5);
        _scheduler.Add(second);
        RunStep();
        Assert.That((first.First, second.First), Is.EqualTo((0, 2 * P)));
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages - 4), "two pages in common, one for each alone");
    }

    [Test]
    public void Prompts_AlikeAtOnce_EndUpWithTheSamePages()
    {
        FixedSequence[] twins = [Sharing(P, answer: 9), Sharing(P, answer: 9)];
        Array.ForEach(twins, _scheduler.Add);
        RunStep();
        Assert.That(twins[1].First, Is.Zero);
        Assert.That(twins[1].Pages.Pages[0], Is.EqualTo(twins[0].Pages.Pages[0]));
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages - 1));
    }

    [Test]
    public void Sequence_ThatSharesNothing_NeitherTakesNorLeaves()
    {
        Assert.That(Run(new FixedSequence(2 * P)), Is.Zero);
        Assert.That(_cache.IdlePageCount, Is.Zero);
        Assert.That(Run(Sharing(2 * P)), Is.Zero);
        Assert.That(Run(new FixedSequence(2 * P)), Is.Zero);
    }

    [Test]
    public void Scheduler_ThatKeepsNothing_ComputesEverything()
    {
        _scheduler = new Scheduler(_cache, new RopeRows(100), Step, keepsPrompts: false);
        Assert.That(Run(Sharing(2 * P)), Is.Zero);
        Assert.That(Run(Sharing(2 * P)), Is.Zero);
        Assert.That(_cache.IdlePageCount, Is.Zero);
    }

    [Test]
    public void Prompt_OfAnotherRotaryRegime_TakesOverNothing()
    {
        Run(Sharing(90));
        Assert.That(Run(Sharing(100)), Is.EqualTo(90));
        Assert.That(Run(Sharing(101)), Is.Zero, "beyond the switch all keys are rotated otherwise");
        Assert.That(Run(Sharing(120)), Is.EqualTo(101));
        Assert.That(Run(Sharing(95)), Is.EqualTo(94));
    }

    [Test]
    public void Answer_ThatCrossesTheSwitch_TakesOverWhatIsKnownBeyondIt()
    {
        Run(Sharing(101));
        var sequence = Sharing(99, answer: 4);
        _scheduler.Add(sequence);
        List<int> positions = [];
        while (_scheduler.NextBatch() is { } batch)
        {
            positions.Add(batch.Positions[0]);
            _scheduler.Complete(batch);
        }

        Assert.That(positions, Is.EqualTo((int[])[0, 2 * P, 99, 100, 101]), "a prompt in two steps; the switch at position 100: the last token alone; on");
    }

    [Test]
    public void Prompt_WithoutRoom_EntersWhereOthersHoldMostOfIt()
    {
        _scheduler.Add(Sharing(2 * P, answer: 99));
        RunStep();
        var hoarder = new PageTable();
        Assert.That(_cache.TryReserve(hoarder, 4 * P), Is.True);
        var other = Sharing(2 * P + 2, firstToken: 1);
        _scheduler.Add(other);
        RunStep();
        Assert.That(other.First, Is.EqualTo(-1), "three pages are missing, one is left");
        other.Cancel();
        var alike = Sharing(2 * P + 2);
        _scheduler.Add(alike);
        RunStep();
        Assert.That(alike.First, Is.EqualTo(2 * P));
    }

    [Test]
    public void Prompt_WhenKeptPagesFillTheCache_IsNotHeldUp()
    {
        for (int i = 1; i <= 4; i++)
        {
            Run(Sharing(2 * P, firstToken: i));
        }

        Assert.That(_cache.IdlePageCount, Is.EqualTo(Pages));
        _scheduler.Add(Sharing(3 * P, firstToken: 9, answer: 3));
        _scheduler.Add(Sharing(3 * P, firstToken: 10, answer: 3));
        int steps = 0;
        for (; _scheduler.NextBatch() is { } batch; steps++)
        {
            _scheduler.Complete(batch);
        }

        Assert.That((steps, _scheduler.PreemptionCount), Is.EqualTo((6, 0)));
    }

    [Test]
    public void FailAll_AfterAStep_TrustsNothingThatIsLeft()
    {
        Run(Sharing(2 * P));
        _scheduler.Add(Sharing(3 * P, answer: 5));
        RunStep();
        _scheduler.FailAll(new InvalidOperationException());
        Assert.That((_cache.FreePageCount, _cache.IdlePageCount), Is.EqualTo((Pages, 0)));
        Assert.That(Run(Sharing(2 * P)), Is.Zero);
    }

    [Test]
    public void Sequences_ThatPushEachOtherOut_ComeBackToWhatIsLeftOfThem()
    {
        FixedSequence[] sequences = [.. Enumerable.Range(0, 3).Select(i => Sharing(60, firstToken: i, answer: 60))];
        Array.ForEach(sequences, _scheduler.Add);
        int computed = 0;
        while (_scheduler.NextBatch() is { } batch)
        {
            computed += batch.TokenCount;
            _scheduler.Complete(batch);
            Assert.That(computed, Is.LessThan(3000));
        }

        Assert.That(sequences.Select(sequence => (sequence.RetiredCount, sequence.Failure)), Is.All.EqualTo((1, (Exception?)null)));
        Assert.That(_scheduler.PreemptionCount, Is.GreaterThan(0));
        Assert.That(_cache.FreePageCount, Is.EqualTo(Pages));
    }

    private int Run(FixedSequence sequence)
    {
        _scheduler.Add(sequence);
        while (_scheduler.NextBatch() is { } batch)
        {
            _scheduler.Complete(batch);
        }

        return sequence.First;
    }

    private void RunStep() => _scheduler.Complete(_scheduler.NextBatch()!);

    private static FixedSequence Sharing(int prompt, int firstToken = 0, int answer = 1) => new(prompt, answer, firstToken, shares: true);
}
