// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;

namespace Phi4.Cli.Tests.Options;

public sealed class TokenIdsTests
{
    [TestCase("1,2,3")]
    [TestCase("1 2 3")]
    [TestCase("[1, 2,\n3]")]
    public void Parse_UsualSpellings_GiveTheIds(string text) => Assert.That(TokenIds.Parse(text), Is.EqualTo((int[])[1, 2, 3]));

    [TestCase("")]
    [TestCase("1,-2")]
    [TestCase("1.5")]
    [TestCase("2147483648")]
    public void Parse_AnythingElse_IsAUsageError(string text) =>
        Assert.That(() => TokenIds.Parse(text), Throws.TypeOf<CommandException>().With.Property(nameof(CommandException.ExitCode)).EqualTo(2));

    [Test]
    public void Parse_JoinedIds_GivesThemBack() =>
        Gen.Int[0, int.MaxValue].Array[1, 50].Sample(ids => TokenIds.Parse(string.Join(',', ids)).SequenceEqual(ids));
}
