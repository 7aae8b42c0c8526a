// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>
/// Regular expressions in ECMAScript's notation, without what no automaton can do (look-around, references) and without anchors other than at the two ends of the whole or of its
/// alternatives. Lazy quantifiers mean the same as greedy ones: what matters is which texts match.
/// </summary>
internal sealed class RegexParser
{
    private const int MostDepth = 200;

    private static readonly CodePointSet LineEnds = CodePointSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029));

    private readonly SourceReader _reader;
    private readonly Func<CodePointSet, Expr> _spell;
    private int _depth;

    private RegexParser(string pattern, string name, Func<CodePointSet, Expr> spell)
    {
        _reader = new SourceReader(pattern, name);
        _spell = spell;
    }

    /// <summary>Texts that match as a whole.</summary>
    /// <param name="pattern">The expression.</param>
    /// <param name="name">Where it stands, for messages.</param>
    /// <exception cref="ConstraintException">It is malformed or asks for what is not supported.</exception>
    public static Expr Parse(string pattern, string name) => new RegexParser(pattern, name, set => new CharacterExpr(set)).ParseWhole(isSearch: false);

    /// <summary>Texts in which some part matches, as JSON Schema's <c>pattern</c> means it.</summary>
    /// <param name="pattern">The expression.</param>
    /// <param name="name">Where it stands, for messages.</param>
    /// <param name="spell">How one character of a set is written.</param>
    /// <exception cref="ConstraintException">It is malformed or asks for what is not supported.</exception>
    public static Expr ParseSearch(string pattern, string name, Func<CodePointSet, Expr> spell) => new RegexParser(pattern, name, spell).ParseWhole(isSearch: true);

    private Expr ParseWhole(bool isSearch)
    {
        Expr anything = _spell(CodePointSet.All).Repeat(0, null);
        List<Expr> options = [];
        do
        {
            bool begins = _reader.Take('^');
            Expr body = ParseSequence();
            bool ends = _reader.Take('$');
            options.Add(isSearch ? Expr.Sequence(begins ? Expr.Nothing : anything, body, ends ? Expr.Nothing : anything) : body);
        }
        while (_reader.Take('|'));
        return _reader.AtEnd ? Expr.Choice(options) : throw _reader.Fault(_reader.Peek == ')' ? "no group is open." : "an anchor inside the expression is not supported.");
    }

    private Expr ParseChoice()
    {
        List<Expr> options = [];
        do
        {
            options.Add(ParseSequence());
        }
        while (_reader.Take('|'));
        return Expr.Choice(options);
    }

    private Expr ParseSequence()
    {
        List<Expr> parts = [];
        while (!_reader.AtEnd && _reader.Peek is not ('|' or ')' or '$' or '^'))
        {
            Expr part = ParsePart();
            if (RepeatSyntax.TryTake(_reader, out int min, out int? max))
            {
                part = part.Repeat(min, max);
                _reader.Take('?');
                if (_reader.Peek is '*' or '+' or '?' or '{')
                {
                    throw _reader.Fault("a quantifier after a quantifier.");
                }
            }

            parts.Add(part);
        }

        return Expr.Sequence(parts);
    }

    private Expr ParsePart()
    {
        if (_reader.Take('('))
        {
            return ParseGroup();
        }

        if (_reader.Take('['))
        {
            return Spell(ParseClass());
        }

        if (_reader.Take('.'))
        {
            return Spell(LineEnds.Complement());
        }

        if (_reader.Peek is '*' or '+' or '?' or '{' or '}')
        {
            throw _reader.Fault($"{_reader.Peek} has nothing to repeat; \\{_reader.Peek} is the character itself.");
        }

        return Spell(_reader.Take('\\') ? ParseEscape() : One(_reader.TakeCodePoint()));
    }

    private Expr ParseGroup()
    {
        if (++_depth > MostDepth)
        {
            throw _reader.Fault($"more than {MostDepth} groups inside each other.");
        }

        if (_reader.Take("?<") && _reader.Peek is not ('=' or '!'))
        {
            while (!_reader.Take('>'))
            {
                _reader.TakeCodePoint();
            }
        }
        else if (!_reader.Take("?:") && (_reader.Peek == '?' || _reader.Text[_reader.Position - 1] == '<'))
        {
            throw _reader.Fault("look-around and options inside a group are not supported.");
        }

        Expr body = ParseChoice();
        if (!_reader.Take(')'))
        {
            throw _reader.Fault(_reader.AtEnd ? "a group is not closed." : "an anchor inside a group is not supported.");
        }

        _depth--;
        return body;
    }

    private CodePointSet ParseEscape()
    {
        if (CharacterSyntax.TryTakeEscape(_reader) is { } character)
        {
            return One(character);
        }

        CodePointSet? set = _reader.Peek switch
        {
            'd' => CodePointSet.Digits,
            'D' => CodePointSet.Digits.Complement(),
            'w' => CodePointSet.WordCharacters,
            'W' => CodePointSet.WordCharacters.Complement(),
            's' => CodePointSet.Spaces,
            'S' => CodePointSet.Spaces.Complement(),
            _ => null,
        };
        if (set is null)
        {
            throw _reader.Fault($"\\{_reader.Peek} is not supported.");
        }

        _reader.Position++;
        return set;
    }

    private CodePointSet ParseClass()
    {
        bool isNegated = _reader.Take('^');
        List<(int, int)> ranges = [];
        while (!_reader.Take(']'))
        {
            CodePointSet low = ParseClassPart();
            int begin = _reader.Position;
            if (_reader.Take('-') && _reader.Peek != ']')
            {
                CodePointSet high = ParseClassPart();
                if (!IsSingle(low) || !IsSingle(high) || low.Ranges[0].Low > high.Ranges[0].Low)
                {
                    _reader.Position = begin;
                    throw _reader.Fault("no range of characters; \\- is the character itself.");
                }

                ranges.Add((low.Ranges[0].Low, high.Ranges[0].Low));
                continue;
            }

            _reader.Position = begin;
            ranges.AddRange(low.Ranges);
        }

        CodePointSet set = CodePointSet.Of(ranges);
        return isNegated ? set.Complement() : set;
    }

    private CodePointSet ParseClassPart()
    {
        if (_reader.Take("\\b"))
        {
            return One('\b');
        }

        return _reader.Take('\\') ? ParseEscape() : One(_reader.TakeCodePoint());
    }

    private Expr Spell(CodePointSet set) => set.IsEmpty ? Expr.Choice([]) : _spell(set);

    private static bool IsSingle(CodePointSet set) => set.Ranges is [var (low, high)] && low == high;

    private static CodePointSet One(int character) => CodePointSet.Of((character, character));
}
