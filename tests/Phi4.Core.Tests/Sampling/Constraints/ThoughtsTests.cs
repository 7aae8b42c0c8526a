// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Generation;
using Phi4.Core.Sampling.Constraints;

namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>Texts that a model may think before.</summary>
internal sealed class ThoughtsTests
{
    private static readonly Constraint Yes = Constraint.Choice("yes", "no").BehindThoughts();

    [TestCase("yes", true)]
    [TestCase("<think></think>yes", true)]
    [TestCase("<think>a </thin b <think>\n{</think>\n\nno", true)]
    [TestCase("<think>é日😀</think>\nno", true)]
    [TestCase("<think>a</think>", false)]
    [TestCase("<think>a</think>\n\n\nyes", false)]
    [TestCase("<think>a</think> yes", false)]
    [TestCase("<think>a</think>b</think>yes", false)]
    [TestCase("<think>yes", false)]
    [TestCase("a</think>yes", false)]
    [TestCase("yes<think>a</think>", false)]
    public void Text_BehindThoughts_IsWhatItHasToBe(string text, bool isOne) => Assert.That(ConstraintRig.Accepts(Yes, text), Is.EqualTo(isOne));

    [Test]
    public void Rules_ThatCallTheFirstRule_DoNotThinkAgain()
    {
        Constraint tree = Constraint.Grammar("root ::= \"(\" root? \")\"").BehindThoughts();
        Assert.That(ConstraintRig.Accepts(tree, "<think>x</think>(())"), Is.True);
        Assert.That(ConstraintRig.Accepts(tree, "(<think>x</think>())"), Is.False);
    }

    [Test]
    public void Constraint_BehindThoughts_IsAnother() => Assert.That(Yes, Is.Not.EqualTo(Constraint.Choice("yes", "no")).And.EqualTo(Constraint.Choice("yes", "no").BehindThoughts()));

    [Test]
    public void Trie_OfSpecialTokens_HoldsThoseThatAreNamed()
    {
        int end = ConstraintRig.Phi4.SpecialTokens["<|im_end|>"];
        Assert.That(ConstraintRig.Phi4Trie.BytesOf(end).Length, Is.Zero);
        TokenTrie named = ConstraintCompiler.TrieOf(ConstraintRig.Phi4, 100_352, "<|im_end|>");
        Assert.That(Encoding.UTF8.GetString(named.BytesOf(end)), Is.EqualTo("<|im_end|>"));
        Assert.That(named.BytesOf(ConstraintRig.Phi4.SpecialTokens["<|im_start|>"]).Length, Is.Zero);
    }
}
