// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Collections;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Phi4.Tokenizer;

/// <summary>The tokens of a vocabulary that are matched as whole strings. As a collection: their strings, by rising id.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "It is a table with look-ups first and a collection second.")]
public sealed class SpecialTokens : IReadOnlyCollection<string>
{
    private readonly AddedToken[] _tokens;
    private readonly FrozenDictionary<string, AddedToken> _byContent;
    private readonly FrozenDictionary<int, AddedToken> _byId;
    private readonly SearchValues<string>? _search;

    // Longest first among those with one first character: the first that fits is the longest.
    private readonly FrozenDictionary<char, AddedToken[]> _byFirst;

    internal SpecialTokens(IEnumerable<AddedToken> tokens)
    {
        _tokens = [.. tokens.OrderBy(token => token.Id)];
        _byContent = _tokens.ToFrozenDictionary(token => token.Content, StringComparer.Ordinal);
        _byId = _tokens.ToFrozenDictionary(token => token.Id);
        _byFirst = _tokens.GroupBy(token => token.Content[0])
            .ToFrozenDictionary(group => group.Key, group => group.OrderByDescending(token => token.Content.Length).ToArray());
        _search = _tokens.Length == 0 ? null : SearchValues.Create([.. _tokens.Select(token => token.Content)], StringComparison.Ordinal);
    }

    /// <summary>How many there are.</summary>
    public int Count => _tokens.Length;

    /// <summary>All of them with their flags, by rising id.</summary>
    public IReadOnlyList<AddedToken> Tokens => _tokens;

    /// <summary>The id of a special token.</summary>
    /// <exception cref="UnknownTokenException">There is no such token.</exception>
    public int this[string content] => _byContent.TryGetValue(content, out AddedToken? token) ? token.Id : throw new UnknownTokenException(content);

    /// <summary>Looks a token up by its exact string.</summary>
    public bool TryGet(string content, [NotNullWhen(true)] out AddedToken? token) => _byContent.TryGetValue(content, out token);

    /// <summary>Looks a token up by its id.</summary>
    public bool TryGet(int id, [NotNullWhen(true)] out AddedToken? token) => _byId.TryGetValue(id, out token);

    /// <summary>The strings, by rising id.</summary>
    public IEnumerator<string> GetEnumerator() => _tokens.Select(token => token.Content).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The leftmost and there longest special token.</summary>
    internal AddedToken? Find(ReadOnlySpan<char> text, out int index)
    {
        index = _search is null ? -1 : text.IndexOfAny(_search);
        if (index < 0)
        {
            return null;
        }

        foreach (AddedToken token in _byFirst[text[index]])
        {
            if (text[index..].StartsWith(token.Content, StringComparison.Ordinal))
            {
                return token;
            }
        }

        throw new InvalidOperationException("The search and the table of special tokens disagree.");
    }
}
