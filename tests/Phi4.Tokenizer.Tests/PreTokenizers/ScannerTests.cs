// SPDX-License-Identifier: MIT
using System.Text;
using CsCheck;
using Phi4.Tokenizer.PreTokenizers;
using Phi4.Tokenizer.Tests.Support;

namespace Phi4.Tokenizer.Tests.PreTokenizers;

internal sealed class ScannerTests
{
    [TestCase(PreTokenizerPattern.Cl100k)]
    [TestCase(PreTokenizerPattern.Cl100kPossessive)]
    [TestCase(PreTokenizerPattern.O200k)]
    public void Scanner_RandomText_CutsAsTheRegularExpressionDoes(PreTokenizerPattern pattern) =>
        Texts.Tricky.Sample(
            text =>
            {
                List<string> found = Split(pattern, text), expected = RegexTwin.Split(pattern, text);
                return found.SequenceEqual(expected) ? true : throw new AssertionException($"expected [{string.Join('|', expected)}], found [{string.Join('|', found)}]");
            },
            iter: 30_000);

    [TestCase("It'S we'LLx don'\u017Ft", "It|'S| we|'LL|x| don|'\u017F|t")]
    [TestCase("a \U00010400b", "a| \U00010400b")]
    [TestCase("\r\n\r\n  x 12345!?\n", "\r\n\r\n| | x| |123|45|!?\n")]
    public void Cl100k_KnownText_CutsAsPublished(string text, string pieces) =>
        Assert.That(string.Join('|', Split(PreTokenizerPattern.Cl100k, text)), Is.EqualTo(pieces));

    [TestCase("HelloWorld's", "Hello|World's")]
    [TestCase("\u0301A", "\u0301|A")]
    [TestCase("path//to", "path|//|to")]
    public void O200k_KnownText_CutsAsPublished(string text, string pieces) =>
        Assert.That(string.Join('|', Split(PreTokenizerPattern.O200k, text)), Is.EqualTo(pieces));

    private static List<string> Split(PreTokenizerPattern pattern, string text) => pattern == PreTokenizerPattern.O200k
        ? Split(default(O200kScanner), text)
        : Split(new Cl100kScanner(pattern == PreTokenizerPattern.Cl100kPossessive), text);

    private static List<string> Split<TScanner>(TScanner scanner, string text)
        where TScanner : struct, IPieceScanner
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] padded = new byte[utf8.Length + ScanSteps.Padding];
        padded.AsSpan().Fill(CharClasses.EndMark);
        utf8.CopyTo(padded, 0);
        List<string> pieces = [];
        for (int start = 0; start < utf8.Length;)
        {
            int end = scanner.End(padded, start);
            pieces.Add(Encoding.UTF8.GetString(utf8, start, end - start));
            start = end;
        }

        return pieces;
    }
}
