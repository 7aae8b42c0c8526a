// SPDX-License-Identifier: MIT
using Phi4.Cli.Streams;

namespace Phi4.Cli.Tests.Streams;

public sealed class InterruptsTests
{
    private readonly List<int> _left = [];

    [Test]
    public void Signal_WithoutAnAnswer_StopsTheProgramAndTheNextLeaves()
    {
        using var interrupts = new Interrupts(_left.Add);
        interrupts.Signal();
        Assert.That(interrupts.Program.IsCancellationRequested, Is.True);
        Assert.That(_left, Is.Empty);
        interrupts.Signal();
        Assert.That(_left, Is.EqualTo((int[])[130]));
    }

    [Test]
    public void Signal_DuringAnAnswer_StopsItAlone_AndTheSecondStopsTheProgram()
    {
        using var interrupts = new Interrupts(_left.Add);
        using Interrupts.Answer answer = interrupts.BeginAnswer();
        interrupts.Signal();
        Assert.That(answer.Token.IsCancellationRequested, Is.True);
        Assert.That(interrupts.Program.IsCancellationRequested, Is.False);
        interrupts.Signal();
        Assert.That(interrupts.Program.IsCancellationRequested, Is.True);
    }

    [Test]
    public void Signal_ForEachOfTwoAnswers_StopsThatOne()
    {
        using var interrupts = new Interrupts(_left.Add);
        for (int i = 0; i < 2; i++)
        {
            using Interrupts.Answer answer = interrupts.BeginAnswer();
            interrupts.Signal();
            Assert.That(answer.Token.IsCancellationRequested, Is.True);
        }

        Assert.That(interrupts.Program.IsCancellationRequested, Is.False);
    }

    [Test]
    public void Signal_ToTerminate_IsNotDiscussed()
    {
        using var interrupts = new Interrupts(_left.Add);
        interrupts.BeginWaiting(() => Assert.Fail("no warning for SIGTERM"));
        using Interrupts.Answer answer = interrupts.BeginAnswer();
        interrupts.Signal(terminate: true);
        Assert.That(interrupts.Program.IsCancellationRequested, Is.True);
        Assert.That(answer.Token.IsCancellationRequested, Is.True);
    }

    [Test]
    public void Signal_WhileWaiting_WarnsAgainAfterALineWasTyped()
    {
        int warnings = 0;
        using var interrupts = new Interrupts(_left.Add);
        for (int i = 0; i < 2; i++)
        {
            interrupts.BeginWaiting(() => warnings++);
            interrupts.Signal();
            interrupts.EndWaiting();
        }

        Assert.That(warnings, Is.EqualTo(2));
        Assert.That(interrupts.Program.IsCancellationRequested, Is.False);
    }

    [Test]
    public void Signal_WhileWaitingAfterAnInterruptedAnswer_OnlyWarns()
    {
        int warnings = 0;
        using var interrupts = new Interrupts(_left.Add);
        using (interrupts.BeginAnswer())
        {
            interrupts.Signal();
        }

        interrupts.BeginWaiting(() => warnings++);
        interrupts.Signal();
        Assert.That(warnings, Is.EqualTo(1));
        Assert.That(interrupts.Program.IsCancellationRequested, Is.False);
    }

    [Test]
    public void Signal_WithSomethingTyped_OnlyThrowsItAway()
    {
        int warnings = 0;
        int typed = 1;
        using var interrupts = new Interrupts(_left.Add);
        interrupts.BeginWaiting(() => warnings++, () => typed-- > 0);
        interrupts.Signal();
        Assert.That(warnings, Is.Zero);
        interrupts.Signal();
        Assert.That(warnings, Is.EqualTo(1));
        Assert.That(interrupts.Program.IsCancellationRequested, Is.False);
        interrupts.Signal();
        Assert.That(interrupts.Program.IsCancellationRequested, Is.True);
    }

    [SetUp]
    public void Forget() => _left.Clear();
}
