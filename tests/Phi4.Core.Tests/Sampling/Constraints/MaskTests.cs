// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Sampling.Constraints;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>The mask of a state holds exactly the tokens whose bytes, tried one by one, can follow.</summary>
internal sealed class MaskTests
{
    private const string Schema = """
        {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"type":"string","maxLength":5}},
        "kind":{"enum":["ab","abc","é"]},"more":true},"required":["name"],"additionalProperties":{"type":"boolean"}}
        """;

    private const string Recursive = """{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"v":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#/$defs/tree"}}},"required":["v"]}}}""";

    private static readonly Constraint[] Constraints =
    [
        Constraint.Json(), Constraint.Json(JsonWhitespace.Any), Constraint.Json(JsonWhitespace.Compact), Constraint.JsonSchema(Schema), Constraint.JsonSchema(Recursive),
        Constraint.Regex("(?:ab|é|[^a-z]{2})+x?"), Constraint.Regex(".*日.*"), Constraint.Choice("ab", "abc", "日本語", "é\""),
        Constraint.Grammar("""
            root ::= sum | "ab" root? "]" | list
            sum ::= term ("+" term)*
            term ::= [0-9]+ | "(" sum ")" | "é" term
            list ::= "[" (root ("," root)*)? "]"
            """),
        Constraint.JsonSchema("""{"type":"object","properties":{"text":{"type":"string","minLength":12,"maxLength":60}},"required":["text"]}""", JsonWhitespace.Compact),
        Constraint.JsonSchema("""{"type":"array","items":{"type":["integer","string"],"maxLength":30},"minItems":4,"maxItems":90}"""),
        Constraint.JsonSchema("""{"type":"string","pattern":"^[a-z ]+[^0-9]*$","maxLength":70}"""),
        Constraint.Regex("(?:[a-z]{1,20} ?){3,40}"),
    ];

    [TestCaseSource(nameof(Constraints))]
    public void MaskOf_SmallVocabulary_EqualsEveryTokenTriedByteByByte(Constraint constraint)
    {
        var random = new Random(7);
        CompiledConstraint compiled = ConstraintRig.Small(constraint);
        for (int round = 0; round < 20; round++)
        {
            Wander(compiled, ConstraintRig.SmallTrie, ConstraintRig.Compile(constraint), random, steps: 40, checkShare: 1);
        }
    }

    [TestCaseSource(nameof(Constraints))]
    public void MaskOf_Phi4Vocabulary_EqualsEveryTokenTriedByteByByteInSomeStates(Constraint constraint) =>
        Wander(ConstraintRig.Real(constraint), ConstraintRig.Phi4Trie, ConstraintRig.Compile(constraint), new Random(8), steps: 60, checkShare: 0.2);

    [TestCase(300)]
    [TestCase(40)]
    [TestCase(0)]
    public void MaskOf_EveryCountOfCharactersLeft_EqualsEveryTokenTriedByteByByte(int first)
    {
        // Counts far from their bound share a mask, the others are corrections of it: in whatever order they are asked for.
        var constraint = Constraint.JsonSchema("""{"type":"string","maxLength":300}""");
        CompiledConstraint compiled = ConstraintRig.Real(constraint);
        var states = new ParserStates(ConstraintRig.Compile(constraint));
        int[] counts = [first, 300, 299, 129, 128, 64, 33, 32, 18, 12, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
        var masks = new Dictionary<int, TokenMask>();
        foreach (int left in counts)
        {
            ParserState state = compiled.Start;
            ParserState reference = states.Start;
            foreach (byte value in Encoding.UTF8.GetBytes($"\"{new string('x', 300 - left)}"))
            {
                state = compiled.After(state, ConstraintRig.Phi4Trie.Nodes[ConstraintRig.Phi4Trie.Find([value])].Token)!;
                reference = states.Step(reference, value);
            }

            masks[left] = compiled.MaskOf(state);
            int[] expected = [.. Enumerable.Range(0, ConstraintRig.Phi4Trie.VocabSize).Where(id => CanFollow(states, reference, ConstraintRig.Phi4Trie.BytesOf(id)))];
            Assert.That(masks[left].Ids(), Is.EqualTo(expected), $"{left} characters left");
        }

        Assert.That(masks[300], Is.SameAs(masks[299]));
        Assert.That(masks[299], Is.SameAs(masks[129]));
        Assert.That(masks[1].Count, Is.LessThan(masks[2].Count));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(64)]
    [TestCase(301)]
    public void Copy_AnyTokens_KeepsTheirLogitsAndNoOthers(int vocabSize)
    {
        var random = new Random(vocabSize);
        float[] logits = [.. Enumerable.Range(0, vocabSize).Select(_ => random.NextSingle())];
        float[] copied = new float[vocabSize];
        foreach (double share in (double[])[0, 0.005, 0.3, 0.99, 1])
        {
            ulong[] bits = new ulong[TokenMask.WordsOf(vocabSize)];
            bool[] isAllowed = [.. logits.Select(_ => random.NextDouble() < share)];
            for (int id = 0; id < vocabSize; id++)
            {
                TokenMask.Set(bits, id, isAllowed[id]);
            }

            var mask = TokenMask.Of(bits, vocabSize);
            Assert.That(mask.Ids(), Is.EqualTo(Enumerable.Range(0, vocabSize).Where(id => isAllowed[id])));
            mask.Copy(copied, logits);
            Assert.That(copied, Is.EqualTo(logits.Select((logit, id) => isAllowed[id] ? logit : float.NegativeInfinity)));
        }
    }

    [Test]
    public void MaskOf_TokenOfHalfACharacter_AllowsItsOtherHalfOnly()
    {
        CompiledConstraint compiled = ConstraintRig.Small(Constraint.Regex("é+"));
        TokenMask start = compiled.MaskOf(compiled.Start);
        Assert.That(start.Ids().Select(id => Convert.ToHexString(ConstraintRig.SmallTrie.BytesOf(id))), Is.EquivalentTo(["C3", "C3A9"]));
        ParserState half = compiled.After(compiled.Start, 0xC3)!;
        Assert.That(half.ReachesBottom, Is.False, "half a character ends no text");
        Assert.That(compiled.MaskOf(half).Ids(), Is.EqualTo((int[])[0xA9]));
    }

    [Test]
    public void MaskOf_TwoTokensOfTheSameBytes_HoldsBoth()
    {
        CompiledConstraint compiled = ConstraintRig.Small(Constraint.Choice("ab"));
        Assert.That(compiled.MaskOf(compiled.Start).Ids().Count(id => ConstraintRig.SmallTrie.BytesOf(id).SequenceEqual("ab"u8)), Is.EqualTo(2));
    }

    [Test]
    public void MaskOf_StatesSeenBefore_AllocatesNothing()
    {
        CompiledConstraint compiled = ConstraintRig.Real(Constraint.JsonSchema(Schema));
        int[] ids = ConstraintRig.Phi4.Encode("""{"name": "Ada Lovelace", "age": 36, "tags": ["x", "yz"], "kind": "ab"}""");
        float[] logits = new float[compiled.VocabSize];
        float[] masked = new float[compiled.VocabSize];
        Follow(); // fills what is kept
        var state = new ConstraintState(compiled, [100265]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (int id in ids)
        {
            state.Copy(masked, logits);
            state.Accept(id);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(state.MayEnd);

        void Follow()
        {
            var warm = new ConstraintState(compiled, [100265]);
            foreach (int id in ids)
            {
                warm.Copy(masked, logits);
                warm.Accept(id);
            }
        }
    }

    [Test]
    public void After_MoreStatesThanAreKept_ForgetsThemAndGoesOn()
    {
        CompiledConstraint compiled = ConstraintRig.Small(Constraint.Grammar("root ::= \"(\" root \")\" | \"x\""));
        ParserState state = compiled.Start;
        const int Depth = CompiledConstraint.StateLimit + 500;
        for (int i = 0; i < Depth; i++)
        {
            state = compiled.After(state, '(')!;
        }

        state = compiled.After(state, 'x')!;
        for (int i = 0; i < Depth; i++)
        {
            Assert.That(state.ReachesBottom, Is.False);
            state = compiled.After(state, ')')!;
        }

        Assert.That(state is { ReachesBottom: true, Items.Length: 0 });
    }

    private static void Wander(CompiledConstraint compiled, TokenTrie trie, Automaton automaton, Random random, int steps, double checkShare)
    {
        var states = new ParserStates(automaton);
        ParserState reference = states.Start;
        ParserState state = compiled.Start;
        var text = new StringBuilder();
        for (int step = 0; step < steps; step++)
        {
            TokenMask mask = compiled.MaskOf(state);
            if (random.NextDouble() <= checkShare)
            {
                int[] expected = [.. Enumerable.Range(0, trie.VocabSize).Where(id => CanFollow(states, reference, trie.BytesOf(id)))];
                Assert.That(mask.Ids().Order(), Is.EqualTo(expected), $"after {text}");
                Assert.That(mask.Count, Is.EqualTo(expected.Length));
            }

            int[] ids = [.. mask.Ids()];
            if (ids.Length == 0)
            {
                Assert.That(state.ReachesBottom, $"a dead end after {text}");
                return;
            }

            int chosen = ids[random.Next(ids.Length)];
            text.Append(Encoding.UTF8.GetString(trie.BytesOf(chosen)));
            state = compiled.After(state, chosen)!;
            foreach (byte value in trie.BytesOf(chosen))
            {
                reference = states.Step(reference, value);
            }
        }
    }

    private static bool CanFollow(ParserStates states, ParserState state, ReadOnlySpan<byte> token)
    {
        foreach (byte value in token)
        {
            state = states.Step(state, value);
        }

        return !token.IsEmpty && !state.IsDead;
    }
}
