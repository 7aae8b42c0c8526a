// SPDX-License-Identifier: MIT
using Phi4.Cli.Options;

namespace Phi4.Cli.Tests.Options;

public sealed class OptionNamesTests
{
    [Test]
    public void Describe_AnOptionOfTheCommandLine_NamesItAsItIsTyped() => Assert.That(
        OptionNames.Describe(new InvalidOptionsException(nameof(GenerationOptions.RepetitionPenalty), 0f, "above 0")),
        Is.EqualTo("--repeat-penalty is 0; allowed: above 0."));

    [Test]
    public void Describe_AnyOther_KeepsTheLibrarysWords()
    {
        var exception = new InvalidOptionsException("CacheTokens", 1, "more");
        Assert.That(OptionNames.Describe(exception), Is.EqualTo(exception.Message));
    }
}
