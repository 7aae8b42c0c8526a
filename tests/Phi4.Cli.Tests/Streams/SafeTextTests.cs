// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Tests.Streams;

public sealed class SafeTextTests
{
    [TestCase("plain\ttext\nand 世界 🙂", ExpectedResult = "plain\ttext\nand 世界 🙂")]
    [TestCase("\e[2Jgone\a\x7F", ExpectedResult = "\u241B[2Jgone\u2407\u2421")]
    [TestCase("\u009B31m", ExpectedResult = "\uFFFD31m")]
    public string Of_Text_ShowsItsControls(string text) => SafeText.Of(text);

    [Test]
    public void Of_AnyText_HoldsNoControlButLineFeedAndTab() =>
        Gen.String.Sample(text => SafeText.Of(text).Length == text.Length && !SafeText.Of(text).Any(c => char.IsControl(c) && c is not ('\n' or '\t')));
}
