// SPDX-License-Identifier: MIT
using System.Buffers;
using CsCheck;
using Phi4.Tokenizer.Tests.Support;

namespace Phi4.Tokenizer.Tests;

internal sealed class Phi4TokenizerTests
{
    private const string Sample = "Hello, y'all! How are you \U0001F601 ? \u65E5\u672C\u8A9E 12345678\n  done";

    private static Phi4Tokenizer Tokenizer => Tokenizers.Phi4;

    [Test]
    public void Encode_EveryOverload_GivesTheSameIds()
    {
        int[] ids = Tokenizer.Encode(Sample);
        var writer = new ArrayBufferWriter<int>();
        var exact = new int[ids.Length];
        Assert.That(Tokenizer.Encode(Sample, writer), Is.EqualTo(ids.Length));
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(ids));
        Assert.That(Tokenizer.TryEncode(Sample, exact, out int count), Is.True);
        Assert.That(exact, Is.EqualTo(ids));
        Assert.That(count, Is.EqualTo(ids.Length));
        Assert.That(Tokenizer.Count(Sample), Is.EqualTo(ids.Length));
        Assert.That(Tokenizer.TryEncode(Sample, exact.AsSpan(1), out count), Is.False);
        Assert.That(count, Is.EqualTo(ids.Length));
    }

    [Test]
    public void TryEncode_WarmedUp_AllocatesNothing()
    {
        var ids = new int[64];
        Tokenizer.TryEncode(Sample, ids, out _, SpecialTokenHandling.Strip);
        Tokenizer.Count(Sample);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Tokenizer.TryEncode(Sample, ids, out _, SpecialTokenHandling.Strip);
            Tokenizer.Count(Sample);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Encode_ManyThreads_GivesTheSameIds()
    {
        string text = string.Concat(Enumerable.Repeat(Sample, 50)) + Texts.Letters(5000, 7);
        int[] expected = Tokenizer.Encode(text);
        Parallel.For(0, 64, _ => Assert.That(Tokenizer.Encode(text).AsSpan().SequenceEqual(expected), Is.True));
    }

    [Test]
    public void IndexByTokenCount_AnyBudget_FitsAndCutsBetweenCharacters() =>
        Gen.Select(Texts.Tricky, Gen.Int[0, 30]).Sample(
            (text, budget) =>
            {
                int end = Tokenizer.IndexByTokenCount(text, budget, out int headCount);
                int start = Tokenizer.IndexByTokenCountFromEnd(text, budget, out int tailCount);
                bool all = Tokenizer.Count(text) <= budget;
                return headCount <= budget && tailCount <= budget
                    && headCount == Tokenizer.Encode(text[..end]).Length && tailCount == Tokenizer.Encode(text[start..]).Length
                    && IsBetween(text, end) && IsBetween(text, start) && (!all || (end == text.Length && start == 0));
            },
            iter: 10_000);

    [Test]
    public void IndexByTokenCount_PlainWords_CutsAtTheTokens()
    {
        Assert.That(Tokenizer.IndexByTokenCount("one two three", 2, out int count), Is.EqualTo("one two".Length));
        Assert.That(count, Is.EqualTo(2));
        Assert.That(Tokenizer.IndexByTokenCountFromEnd("one two three", 2, out count), Is.EqualTo("one".Length));
        Assert.That(count, Is.EqualTo(2));
    }

    [Test]
    public void Decode_SkippingSpecialTokens_LeavesThemOut()
    {
        int[] ids = Tokenizer.Encode("<|im_start|>user<|im_sep|>Hi<|im_end|>", SpecialTokenHandling.Parse);
        Assert.That(Tokenizer.Decode(ids, skipSpecialTokens: true), Is.EqualTo("userHi"));
    }

    [TestCase(-1)]
    [TestCase(100352)]
    [TestCase(int.MaxValue)]
    public void Decode_UnknownId_NamesIt(int id)
    {
        UnknownTokenException error = Assert.Throws<UnknownTokenException>(() => Tokenizer.Decode([9906, id]))!;
        Assert.That(error.Id, Is.EqualTo(id));
        Assert.That(error.Message, Does.Contain(id.ToString()).And.Contain("100351"));
        Assert.Throws<UnknownTokenException>(() => Tokenizer.CreateStreamingDecoder().Append(id));
        Assert.Throws<UnknownTokenException>(() => Tokenizer.GetTokenBytes(id));
    }

    [Test]
    public void LookUps_Phi4_GiveItsTable()
    {
        Assert.That(Tokenizer.VocabularySize, Is.EqualTo(100352));
        Assert.That(Tokenizer.EndOfTextId, Is.EqualTo(100257));
        Assert.That(Tokenizer.SpecialTokens.Tokens, Is.EqualTo(AddedToken.Phi4));
        Assert.That(Tokenizer.SpecialTokens["<|dummy_87|>"], Is.EqualTo(100351));
        Assert.That(Tokenizer.TryGetId(" World", out int id), Is.True);
        Assert.That(id, Is.EqualTo(4435));
        Assert.That(Tokenizer.TryGetId("<|im_sep|>", out id), Is.True);
        Assert.That(id, Is.EqualTo(100266));
        Assert.That(Tokenizer.TryGetId("no such token", out _), Is.False);
        Assert.That(Tokenizer.GetTokenBytes(188).ToArray(), Is.EqualTo(new byte[] { 0 }));
    }

    private static bool IsBetween(string text, int index) => index == 0 || index == text.Length || !char.IsLowSurrogate(text[index]);
}
