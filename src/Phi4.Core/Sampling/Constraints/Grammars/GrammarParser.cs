// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using Phi4.Core.Sampling.Constraints.Json;

namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>
/// Grammars in the notation of llama.cpp's GBNF: <c>name ::= …</c> with texts in quotes, sets of characters in brackets, names, groups, <c>|</c>, <c>* + ? {n,m}</c>,
/// and comments after <c>#</c>. A text begins with the rule <c>root</c>. A rule may run over several lines. <c>%json</c> with a JSON Schema behind it, which llama.cpp does not have,
/// stands for a JSON value that is valid under the schema.
/// </summary>
internal sealed class GrammarParser
{
    private const string RootName = "root";
    private const int MostDepth = 200;

    private readonly SourceReader _reader;
    private readonly JsonWhitespace _whitespace;
    private readonly Grammar _grammar = new();
    private readonly Dictionary<string, int> _rules = new(StringComparer.Ordinal);
    private readonly HashSet<string> _defined = new(StringComparer.Ordinal);
    private int _depth;

    private GrammarParser(string text, JsonWhitespace whitespace)
    {
        _reader = new SourceReader(text, "grammar");
        _whitespace = whitespace;
    }

    /// <exception cref="ConstraintException">It is malformed, has no rule <c>root</c>, names a rule that it does not have, or holds a schema that is not supported.</exception>
    public static Grammar Parse(string text, JsonWhitespace whitespace = JsonWhitespace.Bounded)
    {
        var parser = new GrammarParser(text, whitespace);
        parser.RuleOf(RootName);
        parser.ParseRules();
        return parser._rules.Keys.FirstOrDefault(name => !parser._defined.Contains(name)) is { } missing
            ? throw new ConstraintException($"there is no rule {missing}.", "grammar")
            : parser._grammar;
    }

    private void ParseRules()
    {
        SkipSpace();
        while (!_reader.AtEnd)
        {
            string name = TakeName() ?? throw _reader.Fault("a rule's name expected.");
            SkipSpace();
            if (!_reader.Take("::="))
            {
                throw _reader.Fault("::= expected.");
            }

            if (!_defined.Add(name))
            {
                throw _reader.Fault($"the rule {name} stands here a second time.");
            }

            SkipSpace();
            _grammar.Define(RuleOf(name), ParseChoice());
        }
    }

    private Expr ParseChoice()
    {
        List<Expr> options = [];
        do
        {
            SkipSpace();
            options.Add(ParseSequence());
        }
        while (_reader.Take('|'));
        return Expr.Choice(options);
    }

    private Expr ParseSequence()
    {
        List<Expr> parts = [];
        while (!_reader.AtEnd && _reader.Peek is not ('|' or ')') && !AtNextRule())
        {
            Expr part = ParsePart();
            while (RepeatSyntax.TryTake(_reader, out int min, out int? max))
            {
                part = part.Repeat(min, max);
            }

            parts.Add(part);
            SkipSpace();
        }

        return Expr.Sequence(parts);
    }

    private bool AtNextRule()
    {
        int begin = _reader.Position;
        bool found = TakeName() is not null;
        SkipSpace();
        found &= _reader.Take("::=");
        _reader.Position = begin;
        return found;
    }

    private Expr ParsePart()
    {
        if (_reader.Take('"'))
        {
            return ParseText();
        }

        if (_reader.Take('['))
        {
            return new CharacterExpr(ParseSet());
        }

        if (_reader.Take('.'))
        {
            return new CharacterExpr(CodePointSet.All);
        }

        if (_reader.Take('('))
        {
            if (++_depth > MostDepth)
            {
                throw _reader.Fault($"more than {MostDepth} groups inside each other.");
            }

            Expr body = ParseChoice();
            _depth--;
            return _reader.Take(')') ? body : throw _reader.Fault(") expected.");
        }

        if (_reader.Take("%json"))
        {
            return ParseSchema();
        }

        return TakeName() is { } name ? new CallExpr(RuleOf(name)) : throw _reader.Fault("a text, a set, a name or a group expected.");
    }

    private CallExpr ParseSchema()
    {
        byte[] rest = Encoding.UTF8.GetBytes(_reader.Text[_reader.Position..]);
        var json = new Utf8JsonReader(rest);
        JsonDocument schema;
        try
        {
            schema = JsonDocument.ParseValue(ref json);
        }
        catch (JsonException e)
        {
            throw _reader.Fault($"a JSON Schema expected behind %json: {e.Message}");
        }

        using (schema)
        {
            _reader.Position += Encoding.UTF8.GetCharCount(rest, 0, (int)json.BytesConsumed);
            return JsonSchemaCompiler.AddTo(_grammar, schema.RootElement, _whitespace);
        }
    }

    private Expr ParseText()
    {
        var text = new StringBuilder();
        while (!_reader.Take('"'))
        {
            text.Append(new Rune(TakeCharacter()).ToString());
        }

        return Expr.Of(text.ToString());
    }

    private CodePointSet ParseSet()
    {
        bool isNegated = _reader.Take('^');
        List<(int Low, int High)> ranges = [];
        while (!_reader.Take(']'))
        {
            int low = TakeCharacter();
            int begin = _reader.Position;
            if (_reader.Take('-') && _reader.Peek != ']')
            {
                int high = TakeCharacter();
                ranges.Add(high >= low ? (low, high) : throw _reader.Fault("a range that runs backwards."));
            }
            else
            {
                _reader.Position = begin;
                ranges.Add((low, low));
            }
        }

        CodePointSet set = CodePointSet.Of(ranges);
        return isNegated ? set.Complement() : set;
    }

    private int TakeCharacter() => _reader.Take('\\')
        ? CharacterSyntax.TryTakeEscape(_reader) ?? throw _reader.Fault($"\\{_reader.Peek} is no escape.")
        : _reader.TakeCodePoint();

    private string? TakeName()
    {
        int begin = _reader.Position;
        while (char.IsAsciiLetterOrDigit(_reader.Peek) || _reader.Peek is '-' or '_')
        {
            _reader.Position++;
        }

        return begin == _reader.Position ? null : _reader.Text[begin.._reader.Position];
    }

    private void SkipSpace()
    {
        while (!_reader.AtEnd)
        {
            if (_reader.Peek == '#')
            {
                while (!_reader.AtEnd && _reader.Peek != '\n')
                {
                    _reader.Position++;
                }
            }
            else if (_reader.Peek is ' ' or '\t' or '\r' or '\n')
            {
                _reader.Position++;
            }
            else
            {
                return;
            }
        }
    }

    private int RuleOf(string name)
    {
        if (!_rules.TryGetValue(name, out int rule))
        {
            rule = _grammar.Declare(name);
            _rules.Add(name, rule);
        }

        return rule;
    }
}
