// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using System.Text.Json;
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints.Json;

/// <summary>The parts of JSON as expressions, with one policy of white space. What many places need is a rule that they call.</summary>
internal sealed class JsonParts
{
    /// <summary>How deep values may nest of which a schema says nothing. Readers of JSON commonly stop at 64.</summary>
    private const int FreeDepth = 32;

    private static readonly CodePointSet Controls = CodePointSet.Of((0, 0x1F));
    private static readonly CodePointSet Escaped = Controls.Union(CodePointSet.Of(('"', '"'), ('\\', '\\')));
    private static readonly Dictionary<int, string> ShortEscapes = new()
    {
        ['"'] = "\\\"",
        ['\\'] = "\\\\",
        ['\b'] = "\\b",
        ['\f'] = "\\f",
        ['\n'] = "\\n",
        ['\r'] = "\\r",
        ['\t'] = "\\t",
    };

    private readonly Grammar _grammar;
    private readonly Expr?[] _anyValue = new Expr?[FreeDepth + 1];
    private readonly Dictionary<string, Expr> _marks = new(StringComparer.Ordinal);
    private readonly Expr _inside;
    private Expr? _character;
    private Expr? _string;
    private Expr? _integer;
    private Expr? _number;

    public JsonParts(Grammar grammar, JsonWhitespace whitespace)
    {
        _grammar = grammar;
        Expr free = new CharacterExpr(CodePointSet.Of((' ', ' '), ('\t', '\n'), ('\r', '\r'))).Repeat(0, null);
        Expr bounded = Expr.Choice(
            Expr.Nothing, Expr.Of(" "), Expr.Sequence(Expr.Of("\n"), Expr.Choice(Expr.Of(" ").Repeat(0, 40), Expr.Of("\t").Repeat(0, 10))));
        _inside = whitespace switch
        {
            JsonWhitespace.Any => free,
            JsonWhitespace.Bounded => bounded,
            _ => Expr.Nothing,
        };
        Outside = whitespace == JsonWhitespace.Any ? free : Expr.Nothing;
    }

    /// <summary>White space before <c>, :</c> and around the whole.</summary>
    public Expr Outside { get; }

    public Expr String => _string ??= _grammar.Add("string", Quoted(Character.Repeat(0, null)));

    public Expr Integer => _integer ??= _grammar.Add("integer", JsonNumbers.AnyInteger);

    public Expr Number => _number ??= _grammar.Add("number", JsonNumbers.AnyNumber);

    public static Expr Boolean { get; } = Expr.Choice(Expr.Of("true"), Expr.Of("false"));

    public static Expr Null { get; } = Expr.Of("null");

    public Expr AnyValue => AnyValueTo(FreeDepth);

    /// <summary>One character inside a string, in any of JSON's spellings; a pair of surrogate escapes is one.</summary>
    private Expr Character => _character ??= _grammar.Add("character", Expr.Choice(new CharacterExpr(Escaped.Complement()), Expr.Sequence(Expr.Of("\\"), Escape())));

    public static Expr Quoted(Expr content) => Expr.Sequence(Expr.Of("\""), content, Expr.Of("\""));

    /// <summary>A character of a set, spelled one way: as it is, or as the shortest escape where it has to be one.</summary>
    public static Expr Spell(CodePointSet set)
    {
        List<Expr> options = [.. set.Intersect(Escaped).Ranges.SelectMany(range => Enumerable.Range(range.Low, range.High - range.Low + 1)).Select(SpellEscaped)];
        CodePointSet plain = set.Except(Escaped);
        if (!plain.IsEmpty)
        {
            options.Add(new CharacterExpr(plain));
        }

        return Expr.Choice(options);
    }

    /// <summary>Just this string.</summary>
    public static Expr Literal(string text)
    {
        var spelled = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            spelled.Append(rune.Value < 0x80 && Escaped.Contains(rune.Value) ? EscapeOf(rune.Value) : rune.ToString());
        }

        return Expr.Of(spelled.Append('"').ToString());
    }

    /// <summary>Just this value; its parts in its own order.</summary>
    public Expr Literal(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Literal(value.GetString()!),
        JsonValueKind.Array => Array([.. value.EnumerateArray().Select(Literal)], null, value.GetArrayLength(), value.GetArrayLength()),
        JsonValueKind.Object => Object([.. value.EnumerateObject().Select(member => (member.Name, Literal(member.Value), true))], null),
        _ => Expr.Of(value.GetRawText()),
    };

    public Expr StringOfLength(int min, int? max) => min == 0 && max is null ? String : Quoted(Character.Repeat(min, max));

    /// <summary>An object.</summary>
    /// <param name="members">In the order in which they come.</param>
    /// <param name="additional">What further members, behind them, may hold; null for no further members.</param>
    public Expr Object(IReadOnlyList<(string Name, Expr Value, bool IsRequired)> members, Expr? additional)
    {
        // States: nothing written before member i; something written before it; member i is next; further members; the end.
        int count = members.Count;
        int further = 3 + (3 * count);
        int end = further + 1;
        List<(int, Expr, int)> edges = [(0, Opening("{"), Fresh(0))];
        Expr comma = Separator(",");
        for (int i = 0; i < count; i++)
        {
            (string name, Expr value, bool isRequired) = members[i];
            edges.Add((Fresh(i), Expr.Nothing, Member(i)));
            edges.Add((Begun(i), comma, Member(i)));
            edges.Add((Member(i), Pair(Literal(name), value), Begun(i + 1)));
            if (!isRequired)
            {
                edges.Add((Fresh(i), Expr.Nothing, Fresh(i + 1)));
                edges.Add((Begun(i), Expr.Nothing, Begun(i + 1)));
            }
        }

        if (additional is not null)
        {
            edges.Add((Fresh(count), Expr.Nothing, further));
            edges.Add((Begun(count), comma, further));
            edges.Add((further, Pair(OtherKey(members), additional), Begun(count)));
        }

        edges.Add((Fresh(count), Expr.Of("}"), end));
        edges.Add((Begun(count), Closing("}"), end));
        return new GraphExpr(end + 1, edges);

        int Fresh(int i) => 1 + i;
        int Begun(int i) => 2 + count + i;
        int Member(int i) => 3 + (2 * count) + i;
    }

    /// <summary>An array.</summary>
    /// <param name="first">Its first items.</param>
    /// <param name="others">What items behind them hold; null for no others.</param>
    /// <param name="min">Fewest items.</param>
    /// <param name="max">Most items, or null.</param>
    public Expr Array(IReadOnlyList<Expr> first, Expr? others, int min, int? max)
    {
        int most = others is null ? Math.Min(max ?? first.Count, first.Count) : max ?? int.MaxValue;
        int counted = most == int.MaxValue ? Math.Max(Math.Max(first.Count, min), 1) : most;
        if (min > most)
        {
            return Expr.Choice([]);
        }

        int end = counted + 2;
        List<(int, Expr, int)> edges = [(0, Opening("["), 1)];
        for (int i = 0; i <= counted; i++)
        {
            if (i >= min)
            {
                edges.Add((1 + i, i == 0 ? Expr.Of("]") : Closing("]"), end));
            }

            if (i < counted || most == int.MaxValue)
            {
                Expr item = i < first.Count ? first[i] : others!;
                edges.Add((1 + i, i == 0 ? item : Expr.Sequence(Separator(","), item), 1 + Math.Min(i + 1, counted)));
            }
        }

        return new GraphExpr(end + 1, edges);
    }

    /// <summary>A rule of its own, for what stands in several places.</summary>
    public Expr Shared(string name, Expr body) => body is CallExpr or LiteralExpr ? body : _grammar.Add(name, body);

    private Expr Pair(Expr key, Expr value) => Expr.Sequence(key, Separator(":"), value);

    private Expr Opening(string mark) => Mark(mark, Expr.Of(mark), _inside);

    private Expr Closing(string mark) => Mark(mark, _inside, Expr.Of(mark));

    private Expr Separator(string mark) => Mark(mark, Outside, Expr.Of(mark), _inside);

    /// <summary>A mark with its white space: a rule, since it stands in many places and takes some fifty states.</summary>
    private Expr Mark(string mark, params Expr[] parts)
    {
        if (!_marks.TryGetValue(mark, out Expr? expression))
        {
            Expr[] said = [.. parts.Where(part => part != Expr.Nothing)];
            expression = _marks[mark] = said.Length == 1 ? said[0] : _grammar.Add(mark, Expr.Sequence(said));
        }

        return expression;
    }

    // A member that a schema names must not come back under another spelling, so other keys are spelled one way only.
    private Expr OtherKey(IReadOnlyList<(string Name, Expr Value, bool IsRequired)> members) => members.Count == 0
        ? String
        : Shared("key", new ExceptExpr(Quoted(Spell(CodePointSet.All).Repeat(0, null)), Expr.Choice([.. members.Select(member => Literal(member.Name))])));

    private Expr AnyValueTo(int depth)
    {
        if (_anyValue[depth] is { } known)
        {
            return known;
        }

        List<Expr> options = [String, Number, Boolean, Null];
        if (depth > 0)
        {
            Expr inner = AnyValueTo(depth - 1);
            options.AddRange([Object([], inner), Array([], inner, 0, null)]);
        }

        return _anyValue[depth] = _grammar.Add("value", Expr.Choice(options));
    }

    private static Expr Escape()
    {
        Expr hex = Set("0-9a-fA-F");
        Expr high = Expr.Sequence(Set("dD"), Set("89abAB"), hex, hex, Expr.Of("\\u"), Set("dD"), Set("c-fC-F"), hex, hex);
        Expr plain = Expr.Choice(Expr.Sequence(Set("0-9a-ce-fA-CE-F"), hex, hex, hex), Expr.Sequence(Set("dD"), Set("0-7"), hex, hex));
        return Expr.Choice(Set("\"\\\\/bfnrt"), Expr.Sequence(Expr.Of("u"), Expr.Choice(plain, high)));

        static Expr Set(string members) => RegexParser.Parse($"[{members}]", "JSON");
    }

    private static Expr SpellEscaped(int character) => Expr.Of(EscapeOf(character));

    private static string EscapeOf(int character) =>
        ShortEscapes.GetValueOrDefault(character) ?? string.Create(CultureInfo.InvariantCulture, $"\\u{character:x4}");
}
