// SPDX-License-Identifier: MIT
using Phi4.Tokenizer.Merging;
using Phi4.Tokenizer.PreTokenizers;
using Phi4.Tokenizer.Vocabularies;

namespace Phi4.Tokenizer;

/// <summary>Text to token ids and back: byte-level byte-pair encoding with cl100k's or o200k's pre-tokenizer. Immutable and thread-safe.</summary>
/// <remarks>
/// Ids equal those of OpenAI's tiktoken and of Hugging Face tokenizers. An unpaired surrogate in a text is encoded as U+FFFD. Time is near-linear in
/// the text's length, whatever the text. Nothing is added at either end of a text: no begin token, no end token.
/// </remarks>
public sealed partial class Phi4Tokenizer
{
    private readonly TokenBytes _tokens;
    private readonly MergeRules _rules;
    private readonly PieceTable _pieces;
    private readonly CharacterSplitter _splitter;
    private readonly Cl100kScanner _cl100k;

    private Phi4Tokenizer(Vocabulary vocabulary)
    {
        _tokens = vocabulary.Tokens;
        _rules = vocabulary.Rules;
        _pieces = vocabulary.Pieces;
        _splitter = vocabulary.Splitter;
        SpecialTokens = vocabulary.SpecialTokens;
        Pattern = vocabulary.Pattern;
        _cl100k = new Cl100kScanner(Pattern == PreTokenizerPattern.Cl100kPossessive);
    }

    /// <summary>One more than the highest id.</summary>
    public int VocabularySize => _tokens.Count;

    /// <summary>The tokens that stand outside the merges.</summary>
    public SpecialTokens SpecialTokens { get; }

    /// <summary>How texts are cut into pieces.</summary>
    public PreTokenizerPattern Pattern { get; }

    /// <summary>The id of the token that ends a text, <c>&lt;|endoftext|&gt;</c>, if the vocabulary has it.</summary>
    public int? EndOfTextId => SpecialTokens.TryGet("<|endoftext|>", out AddedToken? token) ? token.Id : null;

    /// <summary>Reads a tokenizer from a file or a folder.</summary>
    /// <param name="path">
    /// A <c>tokenizer.json</c>, a <c>.tiktoken</c> rank file of cl100k_base (which gets phi-4's special tokens) or o200k_base, a <c>vocab.json</c> or
    /// <c>merges.txt</c> with the other beside it, or a folder that holds one of these.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder has no tokenizer.</exception>
    /// <exception cref="TokenizerFormatException">The file is malformed or asks for what is not supported.</exception>
    public static Phi4Tokenizer FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path)
            ? TryFromFolder(path) ?? throw new FileNotFoundException($"{path} has no tokenizer.json, no vocab.json with merges.txt and no .tiktoken file.", path)
            : new Phi4Tokenizer(TokenizerFolder.ReadFile(path));
    }

    /// <summary>Reads the tokenizer of a model folder.</summary>
    /// <param name="path">The folder; <c>tokenizer.json</c> is preferred, then <c>vocab.json</c> with <c>merges.txt</c>, then a <c>.tiktoken</c> file.</param>
    /// <returns>Null if the folder has none of them.</returns>
    /// <exception cref="TokenizerFormatException">A file is malformed or asks for what is not supported.</exception>
    public static Phi4Tokenizer? TryFromFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return TokenizerFolder.TryRead(path) is { } vocabulary ? new Phi4Tokenizer(vocabulary) : null;
    }

    /// <summary>Reads the content of a <c>tokenizer.json</c>.</summary>
    /// <exception cref="TokenizerFormatException">It is malformed or asks for what is not supported.</exception>
    public static Phi4Tokenizer FromTokenizerJson(ReadOnlyMemory<byte> content) => new(TokenizerJsonReader.Read("tokenizer.json", content, []));

    /// <summary>Reads the content of a <c>tokenizer.json</c> to the stream's end.</summary>
    /// <exception cref="TokenizerFormatException">It is malformed or asks for what is not supported.</exception>
    public static Phi4Tokenizer FromTokenizerJson(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return FromTokenizerJson(content.ToArray());
    }

    /// <summary>Reads tiktoken ranks: on each line a token's bytes in base64, a space, its rank.</summary>
    /// <param name="content">The file's content.</param>
    /// <param name="pattern">How texts are cut.</param>
    /// <param name="specialTokens">The tokens outside the ranks, such as <see cref="AddedToken.Phi4"/>.</param>
    /// <exception cref="TokenizerFormatException">The content is malformed, a byte has no rank, or an id is given twice.</exception>
    public static Phi4Tokenizer FromRanks(ReadOnlySpan<byte> content, PreTokenizerPattern pattern, IReadOnlyList<AddedToken> specialTokens)
    {
        ArgumentNullException.ThrowIfNull(specialTokens);
        return Enum.IsDefined(pattern)
            ? new Phi4Tokenizer(RankFileReader.Read("ranks", content, pattern, specialTokens))
            : throw new ArgumentOutOfRangeException(nameof(pattern), pattern, "Not a known pattern.");
    }

    /// <summary>Makes a tokenizer of tokens and merges that stand in lists, as in a GGUF file.</summary>
    /// <param name="file">Where the lists are from, for messages.</param>
    /// <param name="tokens">Spelled in GPT-2's byte alphabet, each at its id; null for an id without an ordinary token.</param>
    /// <param name="merges">By rank, two tokens with a space between.</param>
    /// <param name="specialTokens">The tokens outside the merges; their ids' entries in <paramref name="tokens"/> are not read.</param>
    /// <param name="pattern">How texts are cut.</param>
    /// <param name="wholePieces">Whether a piece that is a token becomes it even where the merges would not get there.</param>
    /// <exception cref="TokenizerFormatException">A token is not in the byte alphabet, a merge names what is no token, or an id is given twice.</exception>
    public static Phi4Tokenizer FromMerges(
        string file,
        IReadOnlyList<string?> tokens,
        IReadOnlyList<string> merges,
        IReadOnlyList<AddedToken> specialTokens,
        PreTokenizerPattern pattern,
        bool wholePieces = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(merges);
        ArgumentNullException.ThrowIfNull(specialTokens);
        if (!Enum.IsDefined(pattern))
        {
            throw new ArgumentOutOfRangeException(nameof(pattern), pattern, "Not a known pattern.");
        }

        HashSet<int> special = [.. specialTokens.Select(token => token.Id)];
        var builder = new MergeFileBuilder(file);
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is { } spelling && !special.Contains(id))
            {
                builder.AddToken(spelling, id);
            }
        }

        foreach (string merge in merges)
        {
            builder.AddMerge(merge);
        }

        return new Phi4Tokenizer(builder.Build(specialTokens, pattern, wholePieces));
    }
}
