// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Text;
using Phi4.Tokenizer.Merging;

namespace Phi4.Tokenizer;

public sealed partial class Phi4Tokenizer
{
    private const byte ContinuationMask = 0xC0;
    private const byte Continuation = 0x80;

    /// <summary>Where to cut a text so that its beginning has at most so many tokens. Special tokens' strings count as text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="maxTokens">The budget.</param>
    /// <param name="tokenCount">How many tokens <c>text[..index]</c> has when it is encoded by itself; never above the budget.</param>
    /// <returns>An index between two tokens of the text and between two characters; the text's length if all of it fits.</returns>
    public int IndexByTokenCount(ReadOnlySpan<char> text, int maxTokens, out int tokenCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTokens);
        return Cut(text, maxTokens, fromEnd: false, out tokenCount);
    }

    /// <summary>Where to cut a text so that its end has at most so many tokens. Special tokens' strings count as text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="maxTokens">The budget.</param>
    /// <param name="tokenCount">How many tokens <c>text[index..]</c> has when it is encoded by itself; never above the budget.</param>
    /// <returns>An index between two tokens of the text and between two characters; 0 if all of it fits.</returns>
    public int IndexByTokenCountFromEnd(ReadOnlySpan<char> text, int maxTokens, out int tokenCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxTokens);
        return Cut(text, maxTokens, fromEnd: true, out tokenCount);
    }

    private int Cut(ReadOnlySpan<char> text, int maxTokens, bool fromEnd, out int tokenCount)
    {
        byte[] utf8 = ToPaddedUtf8(text, out int length);
        var ids = new TokenBuffer((length / ExpectedBytesPerToken) + 16, fromEnd || maxTokens == int.MaxValue ? int.MaxValue : maxTokens + 1);
        try
        {
            EncodeUtf8(utf8, length, ref ids);
            if (ids.Count <= maxTokens)
            {
                tokenCount = ids.Count;
                return fromEnd ? 0 : text.Length;
            }

            // A part encoded by itself can have more tokens than it has in the whole text; then a shorter one is tried.
            for (int wanted = maxTokens; wanted > 0;)
            {
                int index = fromEnd ? CutBefore(ids.Ids[^wanted..], utf8.AsSpan(0, length)) : CutAfter(ids.Ids[..wanted], utf8.AsSpan(0, length));
                tokenCount = Count(fromEnd ? text[index..] : text[..index]);
                if (tokenCount <= maxTokens)
                {
                    return index;
                }

                wanted -= Math.Min(wanted, tokenCount - maxTokens);
            }

            tokenCount = 0;
            return fromEnd ? text.Length : 0;
        }
        finally
        {
            ids.Dispose();
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    private int CutAfter(ReadOnlySpan<int> ids, ReadOnlySpan<byte> utf8)
    {
        int end = ByteCount(ids);
        while (end < utf8.Length && (utf8[end] & ContinuationMask) == Continuation)
        {
            ids = ids[..^1];
            end = ByteCount(ids);
        }

        return Encoding.UTF8.GetCharCount(utf8[..end]);
    }

    private int CutBefore(ReadOnlySpan<int> ids, ReadOnlySpan<byte> utf8)
    {
        int start = utf8.Length - ByteCount(ids);
        while (start < utf8.Length && (utf8[start] & ContinuationMask) == Continuation)
        {
            ids = ids[1..];
            start = utf8.Length - ByteCount(ids);
        }

        return Encoding.UTF8.GetCharCount(utf8[..start]);
    }

    private int ByteCount(ReadOnlySpan<int> ids)
    {
        int count = 0;
        foreach (int id in ids)
        {
            count += _tokens.Length(id);
        }

        return count;
    }
}
