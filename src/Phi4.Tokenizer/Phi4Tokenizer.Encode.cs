// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Text.Unicode;
using Phi4.Tokenizer.Merging;
using Phi4.Tokenizer.PreTokenizers;

namespace Phi4.Tokenizer;

public sealed partial class Phi4Tokenizer
{
    // A UTF-16 unit takes at most three bytes of UTF-8, U+FFFD for an unpaired surrogate included.
    private const int MaxBytesPerUnit = 3;

    // Real texts have at least three bytes to a token or so; the buffer grows where one has fewer.
    private const int ExpectedBytesPerToken = 3;

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="specialTokens">What becomes of special tokens' strings in it.</param>
    public int[] Encode(string text, SpecialTokenHandling specialTokens = SpecialTokenHandling.Text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(text.AsSpan(), specialTokens);
    }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="specialTokens">What becomes of special tokens' strings in it.</param>
    public int[] Encode(ReadOnlySpan<char> text, SpecialTokenHandling specialTokens = SpecialTokenHandling.Text)
    {
        using TokenBuffer ids = EncodeToBuffer(text, specialTokens);
        return ids.Ids.ToArray();
    }

    /// <summary>Encodes into the caller's memory, without allocating.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="destination">Takes the ids; left as it is if they do not fit.</param>
    /// <param name="tokenCount">How many ids the text has, whether they fit or not.</param>
    /// <param name="specialTokens">What becomes of special tokens' strings in the text.</param>
    /// <returns>Whether the ids fit.</returns>
    public bool TryEncode(
        ReadOnlySpan<char> text, Span<int> destination, out int tokenCount, SpecialTokenHandling specialTokens = SpecialTokenHandling.Text)
    {
        using TokenBuffer ids = EncodeToBuffer(text, specialTokens);
        tokenCount = ids.Count;
        return ids.Ids.TryCopyTo(destination);
    }

    /// <summary>Encodes into a buffer writer.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="destination">Takes the ids.</param>
    /// <param name="specialTokens">What becomes of special tokens' strings in the text.</param>
    /// <returns>How many ids were written.</returns>
    public int Encode(ReadOnlySpan<char> text, IBufferWriter<int> destination, SpecialTokenHandling specialTokens = SpecialTokenHandling.Text)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using TokenBuffer ids = EncodeToBuffer(text, specialTokens);
        destination.Write(ids.Ids);
        return ids.Count;
    }

    /// <summary>How many tokens a text has, without allocating.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="specialTokens">What becomes of special tokens' strings in it.</param>
    public int Count(ReadOnlySpan<char> text, SpecialTokenHandling specialTokens = SpecialTokenHandling.Text)
    {
        using TokenBuffer ids = EncodeToBuffer(text, specialTokens);
        return ids.Count;
    }

    private TokenBuffer EncodeToBuffer(ReadOnlySpan<char> text, SpecialTokenHandling specialTokens)
    {
        var ids = new TokenBuffer((text.Length / ExpectedBytesPerToken) + 16);
        try
        {
            switch (specialTokens)
            {
                case SpecialTokenHandling.Text:
                    EncodeText(text, ref ids);
                    break;
                case SpecialTokenHandling.Parse or SpecialTokenHandling.Strip:
                    EncodeSpecials(text, specialTokens == SpecialTokenHandling.Strip, ref ids);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(specialTokens), specialTokens, "Not a known way to handle special tokens.");
            }

            return ids;
        }
        catch
        {
            ids.Dispose();
            throw;
        }
    }

    // Leftmost-longest matches in the raw text. The text between two is encoded by itself, so no look-ahead sees across one.
    private void EncodeSpecials(ReadOnlySpan<char> text, bool strip, ref TokenBuffer ids)
    {
        while (SpecialTokens.Find(text, out int index) is { } token)
        {
            ReadOnlySpan<char> before = text[..index];
            EncodeText(strip && token.LeftStrip ? before.TrimEnd() : before, ref ids);
            ids.Add(token.Id);
            text = text[(index + token.Content.Length)..];
            if (strip && token.RightStrip)
            {
                text = text.TrimStart();
            }
        }

        EncodeText(text, ref ids);
    }

    private void EncodeText(ReadOnlySpan<char> text, ref TokenBuffer ids)
    {
        if (text.IsEmpty)
        {
            return;
        }

        byte[] utf8 = ToPaddedUtf8(text, out int length);
        try
        {
            EncodeUtf8(utf8, length, ref ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    private void EncodeUtf8(ReadOnlySpan<byte> utf8, int length, ref TokenBuffer ids)
    {
        if (Pattern == PreTokenizerPattern.O200k)
        {
            EncodePieces(default(O200kScanner), utf8, length, ref ids);
        }
        else
        {
            EncodePieces(_cl100k, utf8, length, ref ids);
        }
    }

    private void EncodePieces<TScanner>(TScanner scanner, ReadOnlySpan<byte> utf8, int length, ref TokenBuffer ids)
        where TScanner : struct, IPieceScanner
    {
        PieceTable pieces = _pieces;
        for (int start = 0; start < length && !ids.IsFull;)
        {
            int end = scanner.End(utf8, start);
            int id = pieces.Find(utf8, start, end - start);
            if (id >= 0)
            {
                ids.Add(id);
            }
            else
            {
                MergePiece(utf8[start..end], ref ids);
            }

            start = end;
        }
    }

    private void MergePiece(ReadOnlySpan<byte> piece, ref TokenBuffer ids)
    {
        if (CharacterSplitter.Suits(piece))
        {
            _splitter.Merge(piece, ref ids);
        }
        else
        {
            BytePairMerger.Merge(_rules, piece, ref ids);
        }
    }

    /// <summary>The text in rented memory, with end marks behind it.</summary>
    private static byte[] ToPaddedUtf8(ReadOnlySpan<char> text, out int length)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(checked((text.Length * MaxBytesPerUnit) + ScanSteps.Padding));
        OperationStatus status = Utf8.FromUtf16(text, utf8, out _, out length, replaceInvalidSequences: true);
        System.Diagnostics.Debug.Assert(status == OperationStatus.Done, "The buffer has room for any text.");
        utf8.AsSpan(length, ScanSteps.Padding).Fill(CharClasses.EndMark);
        return utf8;
    }
}
