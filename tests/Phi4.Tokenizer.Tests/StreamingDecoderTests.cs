// SPDX-License-Identifier: MIT
using System.Text;
using CsCheck;
using Phi4.Tokenizer.Tests.Support;

namespace Phi4.Tokenizer.Tests;

internal sealed class StreamingDecoderTests
{
    [Test]
    public void Append_AnyIds_JoinsToTheDecodedText([Values] bool skipSpecialTokens)
    {
        // Single bytes above 0x7F are ids 94 to 187 and around; many of them make broken UTF-8.
        Gen<int> id = Gen.Frequency((3, Gen.Int[94, 255]), (1, Gen.Int[0, Tokenizers.Phi4.VocabularySize - 1]), (1, Gen.Int[100256, 100351]));
        id.Array[0, 40].Sample(
            ids =>
            {
                StreamingDecoder decoder = Tokenizers.Phi4.CreateStreamingDecoder(skipSpecialTokens);
                string joined = string.Concat(ids.Select(decoder.Append)) + decoder.Flush();
                return joined == Tokenizers.Phi4.Decode(ids, skipSpecialTokens);
            },
            iter: 20_000);
    }

    [Test]
    public void Append_WholeText_NeverSplitsACharacter() =>
        Texts.Tricky.Sample(
            text =>
            {
                StreamingDecoder decoder = Tokenizers.Phi4.CreateStreamingDecoder();
                List<string> parts = [.. Tokenizers.Phi4.Encode(text).Select(decoder.Append)];
                return decoder.Flush().Length == 0 && parts.All(IsWhole) && string.Concat(parts) == text;
            },
            iter: 5_000);

    [Test]
    public void Append_FirstTokenOfAnEmoji_HoldsItBack()
    {
        StreamingDecoder decoder = Tokenizers.Phi4.CreateStreamingDecoder();
        Assert.That(decoder.Append(27623), Is.EqualTo(" "));
        Assert.That(decoder.HasPendingBytes, Is.True);
        Assert.That(decoder.Append(223), Is.EqualTo("\U0001F601"));
        Assert.That(decoder.Append(27623), Is.EqualTo(" "));
        Assert.That(decoder.Flush(), Is.EqualTo("\uFFFD"));
        Assert.That(decoder.Flush(), Is.Empty);
    }

    private static bool IsWhole(string text) => new UTF8Encoding(false, true).GetString(Encoding.UTF8.GetBytes(text)) == text;
}
