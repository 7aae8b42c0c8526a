// SPDX-License-Identifier: MIT
using Phi4.Cli.Streams;
using Phi4.Cli.Tests.Editing;

namespace Phi4.Cli.Tests.Streams;

public sealed class WordWrapTests
{
    [TestCase("one two three four", "one two three\nfour")]
    [TestCase("one two threefour", "one two\nthreefour")]
    [TestCase("0123456789abcdefghi", "0123456789abcd\nefghi")]
    [TestCase("a 0123456789abcdefghi", "a\n0123456789abcd\nefghi")]
    [TestCase("one\ntwo\n", "one\ntwo\n")]
    [TestCase("0123456789abcd next", "0123456789abcd\nnext")]
    [TestCase("世界世界世界世界", "世界世界世界世\n界")]
    public void Text_InAnyPieces_BreaksBetweenWords(string text, string picture)
    {
        foreach (int piece in (int[])[1, 2, 5, 100])
        {
            using var screen = new Screen(15, 10);
            var wrap = new WordWrap(() => 15);
            foreach (char[] part in text.Chunk(piece))
            {
                screen.Write(wrap.Of(new string(part)));
            }

            Assert.That(screen.Text, Is.EqualTo(picture), $"in pieces of {piece}");
        }
    }
}
