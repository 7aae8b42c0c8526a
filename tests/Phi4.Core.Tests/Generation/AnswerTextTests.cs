// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.TestSupport;
using Phi4.Tokenizer;

namespace Phi4.Core.Tests.Generation;

public sealed class AnswerTextTests
{
    private static readonly Phi4Tokenizer Tokenizer = Phi4Tokenizer.TryFromFolder(Samples.Model)!;

    // phi-4-mini's head has more rows than its vocabulary has tokens.
    [Test]
    public void Append_TokenThatTheVocabularyLacks_AddsNothing()
    {
        var answer = new AnswerText(Tokenizer, []);
        int[] ids = Tokenizer.Encode("red, blue");

        string text = string.Concat(ids.Select(id => answer.Append(id, mayStop: true) + answer.Append(Tokenizer.VocabularySize + 7, mayStop: true)));

        Assert.That(text + answer.Flush(), Is.EqualTo("red, blue"));
    }
}
