// SPDX-License-Identifier: MIT
using System.Text;
using CsCheck;
using Phi4.Core.Generation;

namespace Phi4.Core.Tests.Generation;

public sealed class StopStringMatcherTests
{
    // Few letters, so that stop strings overlap themselves and each other all the time.
    private static Gen<string> GenText(int min, int max) => Gen.Char["abc"].Array[min, max].Select(letters => new string(letters));

    [Test]
    public void Append_AnyTextAnyPieces_EqualsNaiveSearchOfTheWhole() => Gen.Select(GenText(1, 5).Array[0, 4], GenText(0, 4).Array[0, 20]).Sample(
        (stops, pieces) =>
        {
            var (expectedText, expectedStop) = Naive(string.Concat(pieces), stops);
            var matcher = new StopStringMatcher(stops);
            var shown = new StringBuilder();
            foreach (var piece in pieces)
            {
                shown.Append(matcher.Append(piece));
                Assert.That(expectedText.StartsWith(shown.ToString(), StringComparison.Ordinal), "nothing is shown that must be taken back");
            }

            shown.Append(matcher.Flush());
            Assert.That((shown.ToString(), matcher.Found), Is.EqualTo((expectedText, expectedStop)));
        },
        iter: 20_000);

    [Test]
    public void Append_HeldBack_IsNeverMoreThanAStopStringCouldUse() => Gen.Select(GenText(1, 5).Array[1, 4], GenText(0, 4).Array[0, 20]).Sample(
        (stops, pieces) =>
        {
            var matcher = new StopStringMatcher(stops);
            var text = "";
            foreach (var piece in pieces)
            {
                text += piece;
                matcher.Append(piece);
                if (matcher.Found is not null)
                    break;
                var needed = Enumerable.Range(0, text.Length + 1).First(start => stops.Any(s => s.StartsWith(text[start..], StringComparison.Ordinal)));
                Assert.That(matcher.HeldLength, Is.EqualTo(text.Length - needed));
            }
        });

    [Test]
    public void Append_StopAcrossPieces_CutsStopAndRest()
    {
        var matcher = new StopStringMatcher(["\nUser:"]);
        Assert.Multiple(() =>
        {
            Assert.That(matcher.Append("Hello\nU"), Is.EqualTo("Hello"));
            Assert.That(matcher.Append("se"), Is.Empty);
            Assert.That(matcher.Found, Is.Null);
            Assert.That(matcher.Append("r: more"), Is.Empty);
            Assert.That(matcher.Found, Is.EqualTo("\nUser:"));
            Assert.That(matcher.Append("even more"), Is.Empty);
            Assert.That(matcher.Flush(), Is.Empty);
        });
    }

    [Test]
    public void Append_FalseStart_IsShownLater()
    {
        var matcher = new StopStringMatcher(["END"]);
        Assert.That(matcher.Append("EN") + "|" + matcher.Append("EMY") + "|" + matcher.Append("E") + "|" + matcher.Flush(), Is.EqualTo("|ENEMY||E"));
    }

    [Test]
    public void Append_NothingHeldBack_PassesThePieceItselfWithoutAllocating()
    {
        var piece = new string("harmless text");
        var matcher = new StopStringMatcher(["###", "END"]);
        var none = new StopStringMatcher(null);
        Assert.That(matcher.Append(piece), Is.SameAs(piece));
        Assert.That(none.Append(piece), Is.SameAs(piece));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            matcher.Append(piece);
            none.Append(piece);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static (string Text, string? Stop) Naive(string text, string[] stops)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            var stop = stops.Where(s => text[..end].EndsWith(s, StringComparison.Ordinal)).MaxBy(s => s.Length);
            if (stop is not null)
                return (text[..(end - stop.Length)], stop);
        }

        return (text, null);
    }
}
