// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Text;

namespace Phi4.Tokenizer;

/// <summary>
/// Decodes ids that come one at a time and gives text as soon as it is certain: a character is never split. All texts joined, the flushed one
/// included, are what <see cref="Phi4Tokenizer.Decode(ReadOnlySpan{int}, bool)"/> gives for all ids. Not thread-safe.
/// </summary>
public sealed class StreamingDecoder
{
    private const int MaxPending = 3;

    private readonly Phi4Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly byte[] _pending = new byte[MaxPending];
    private int _pendingCount;

    internal StreamingDecoder(Phi4Tokenizer tokenizer, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>Whether bytes of an unfinished character are held back.</summary>
    public bool HasPendingBytes => _pendingCount > 0;

    /// <summary>Adds a token and gives the text that it makes certain, which may be empty.</summary>
    /// <exception cref="UnknownTokenException">The id is not in the vocabulary; the decoder stays as it was.</exception>
    public string Append(int id)
    {
        ReadOnlySpan<byte> token = _tokenizer.GetTokenBytes(id).Span;
        if (_skipSpecialTokens && _tokenizer.IsSpecial(id))
        {
            return "";
        }

        int length = _pendingCount + token.Length;
        byte[]? rented = length > 256 ? ArrayPool<byte>.Shared.Rent(length) : null;
        Span<byte> bytes = rented is null ? stackalloc byte[length] : rented.AsSpan(0, length);
        _pending.AsSpan(0, _pendingCount).CopyTo(bytes);
        token.CopyTo(bytes[_pendingCount..]);
        int certain = length - UnfinishedLength(bytes);
        bytes[certain..].CopyTo(_pending);
        _pendingCount = length - certain;
        string text = Encoding.UTF8.GetString(bytes[..certain]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return text;
    }

    /// <summary>Ends the text: U+FFFD for an unfinished character, else nothing. The decoder is as new afterwards.</summary>
    public string Flush()
    {
        string text = Encoding.UTF8.GetString(_pending, 0, _pendingCount);
        _pendingCount = 0;
        return text;
    }

    // How many bytes at the end begin a character that later bytes can finish.
    private static int UnfinishedLength(ReadOnlySpan<byte> bytes)
    {
        for (int length = 1; length <= Math.Min(MaxPending, bytes.Length); length++)
        {
            byte lead = bytes[^length];
            if (lead >= 0xC0)
            {
                return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData ? length : 0;
            }

            if (lead < 0x80)
            {
                return 0;
            }
        }

        return 0;
    }
}
