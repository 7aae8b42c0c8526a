// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling.Constraints;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>States that are said to be alike for some bytes are; and those of a count are said to be.</summary>
internal sealed class StateLikenessTests
{
    private static readonly Constraint[] Constraints =
    [
        Constraint.Regex("a{0,12}b"), Constraint.Regex("(?:ab|cd){3,9}x?"), Constraint.Regex("[ab]{2,4}(?:c[ab]{0,5})?"),
        Constraint.Grammar("root ::= item{0,9} \"!\"\nitem ::= \"a\" item? \"b\" | \"c\" maybe\nmaybe ::= \"d\"?"),
        Constraint.Grammar("root ::= (maybe \"a\"){0,7} maybe\nmaybe ::= \"d\"?"),
    ];

    [TestCaseSource(nameof(Constraints))]
    public void Classes_OfAnyTwoStates_AgreeOnAllTextsOfThatManyBytes(Constraint constraint)
    {
        Automaton automaton = ConstraintRig.Compile(constraint);
        StateLikeness likeness = StateLikeness.Of(automaton);
        var states = new ParserStates(automaton);
        int pairs = 0;
        for (int left = 0; left < automaton.StateCount; left++)
        {
            for (int right = 0; right < left; right++)
            {
                int bytes = BytesAlike(likeness, left, right);
                pairs += bytes >= 2 ? 1 : 0;
                Assert.That(bytes < 0 || AreAlike(states, states.InsideRule(left), states.InsideRule(right), Math.Min(bytes, 6)), $"{left} and {right}, {bytes} bytes");
            }
        }

        Assert.That(pairs, Is.Positive, "counts are seen");
    }

    [Test]
    public void Classes_OfACountedString_AreAlikeForTheCharactersThatAreLeft()
    {
        Automaton automaton = ConstraintRig.Compile(Constraint.Regex("[^\"]{0,300}"));
        StateLikeness likeness = StateLikeness.Of(automaton);
        int[] left = new int[301]; // characters left, to state
        int state = automaton.Start;
        for (int count = 300; count >= 0; count--)
        {
            left[count] = state;
            state = count == 0 ? state : automaton.Next(state, automaton.Classes.ClassOf['a']);
        }

        Assert.That(BytesAlike(likeness, left[300], left[299]), Is.EqualTo(StateLikeness.Horizon));
        Assert.That(BytesAlike(likeness, left[300], left[256]), Is.EqualTo(StateLikeness.Horizon));
        foreach (int count in (int[])[1, 2, 17, 100, 254])
        {
            Assert.That(BytesAlike(likeness, left[300], left[count]), Is.EqualTo(count));
            Assert.That(BytesAlike(likeness, left[count + 1], left[count]), Is.EqualTo(count));
        }
    }

    /// <summary>What the classes say of two states: from the round in which their ways part.</summary>
    private static int BytesAlike(StateLikeness likeness, int left, int right)
    {
        int a = likeness.ClassOf(left);
        int b = likeness.ClassOf(right);
        int round = StateLikeness.Horizon + 1;
        while (a != b)
        {
            // Classes are numbered as they come: the one with the higher number is no ancestor of the other.
            int younger = Math.Max(a, b);
            if (likeness.ParentOf(younger) < 0)
            {
                return -1;
            }

            round = Math.Min(round, likeness.RoundOf(younger));
            (a, b) = (Math.Min(a, b), likeness.ParentOf(younger));
        }

        return round - 1;
    }

    private static bool AreAlike(ParserStates states, ParserState left, ParserState right, int bytes)
    {
        if (left.ReachesBottom != right.ReachesBottom || left.IsDead != right.IsDead)
        {
            return false;
        }

        return bytes == 0 || left == right
            || Enumerable.Range(0, states.Automaton.Classes.Count).All(c => AreAlike(states, states.StepClass(left, c), states.StepClass(right, c), bytes - 1));
    }
}
