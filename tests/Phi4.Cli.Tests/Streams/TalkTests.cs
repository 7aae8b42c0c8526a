// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Tests.Streams;

public sealed class TalkTests
{
    [TestCase(true, "", false, ExpectedResult = "\e[31merror:\e[0m no\n")]
    [TestCase(false, "", false, ExpectedResult = "error: no\n")]
    [TestCase(true, "", true, ExpectedResult = "error: no\n")]
    [TestCase(true, "NO_COLOR=1", false, ExpectedResult = "error: no\n")]
    [TestCase(true, "TERM=dumb", false, ExpectedResult = "error: no\n")]
    [TestCase(true, "CI=true", false, ExpectedResult = "error: no\n")]
    [TestCase(false, "CLICOLOR_FORCE=1", false, ExpectedResult = "\e[31merror:\e[0m no\n")]
    public string Report_OnATerminalOrNot_IsColouredWhereThatIsWanted(bool isTerminal, string variable, bool noColor)
    {
        using var error = new StringWriter { NewLine = "\n" };
        using Terminal terminal = Make(error, isTerminal, variable);
        new Talk(terminal, 0, quiet: false, noColor).Report(new ErrorReport(1, "failed", "no", null), new InvalidOperationException());
        return error.ToString();
    }

    [TestCase(true, "", false, ExpectedResult = true)]
    [TestCase(true, "", true, ExpectedResult = false)]
    [TestCase(false, "", false, ExpectedResult = false)]
    [TestCase(true, "CI=true", false, ExpectedResult = false)]
    [TestCase(true, "TERM=dumb", false, ExpectedResult = false)]
    [TestCase(true, "NO_COLOR=1", false, ExpectedResult = true)]
    public bool Progress_OnATerminalOnly_IsShown(bool isTerminal, string variable, bool quiet)
    {
        using var error = new StringWriter();
        using Terminal terminal = Make(error, isTerminal, variable);
        return new Talk(terminal, 0, quiet, noColor: false).ShowsProgress;
    }

    [Test]
    public void Note_WhenQuiet_IsNotSaid_ButErrorsAre()
    {
        using var error = new StringWriter { NewLine = "\n" };
        using Terminal terminal = Make(error, false, "");
        var talk = new Talk(terminal, 1, quiet: true, noColor: false);
        talk.Note("note");
        talk.Detail("detail");
        talk.Report(new ErrorReport(1, "failed", "no", "try again"), new InvalidOperationException());
        Assert.That(error.ToString(), Is.EqualTo("error: no\nhint: try again\n"));
    }

    private static Terminal Make(TextWriter error, bool isTerminal, string variable)
    {
        string[] parts = variable.Split('=');
        return new Terminal
        {
            In = TextReader.Null,
            Out = TextWriter.Null,
            Error = error,
            ErrorIsTerminal = isTerminal,
            Environment = name => name == parts[0] && parts.Length == 2 ? parts[1] : null,
        };
    }
}
