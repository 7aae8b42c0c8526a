// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;
using Phi4.Tokenizer;
using Phi4.Tokenizer.Templates;

namespace Phi4.Cli.Tests.Errors;

public sealed class ErrorReportTests
{
    private static IEnumerable<TestCaseData> Cases()
    {
        yield return new TestCaseData(new InvalidOptionsException("TopP", 2, "less"), 2);
        yield return new TestCaseData(new ModelFormatException("f", "i", "e", "g"), 4);
        yield return new TestCaseData(new ChatTemplateException(ChatTemplateErrorKind.Unsupported, "x"), 4);
        yield return new TestCaseData(new ChatTemplateException(ChatTemplateErrorKind.Raised, "x"), 1);
        yield return new TestCaseData(new InsufficientModelMemoryException(10, 5, 100, 50), 5);
        yield return new TestCaseData(new TokenizerFormatException("f", "x"), 4);
        yield return new TestCaseData(new UnknownTokenException(7, 6), 1);
        yield return new TestCaseData(new InsufficientMemoryException(), 5);
        yield return new TestCaseData(new ContextLengthExceededException(9, 8), 1);
        yield return new TestCaseData(new OperationCanceledException(), 130);
        yield return new TestCaseData(new FileNotFoundException(), 1);
        yield return new TestCaseData(new InvalidCastException(), 1);
    }

    [TestCaseSource(nameof(Cases))]
    public void Of_AnException_HasItsExitCode(Exception exception, int expected) =>
        Assert.That(ErrorReport.Of(exception).ExitCode, Is.EqualTo(expected));

    [Test]
    public void Of_TooLittleMemory_NamesTheContextThatFits() =>
        Assert.That(ErrorReport.Of(new InsufficientModelMemoryException(10, 5, 100, 50)).Hint, Does.Contain("--ctx-size 50"));
}
