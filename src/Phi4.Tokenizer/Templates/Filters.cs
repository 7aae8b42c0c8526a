// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

/// <summary>What stands after <c>|</c>: the table of names and the filters on single values. Those on sequences are in the other part.</summary>
internal static partial class Filters
{
    private const int MaxIndent = 1000;

    private delegate TemplateValue Filter(TemplateValue value, CallArguments arguments, Evaluator evaluator);

    private static readonly Dictionary<string, Filter> ByName = new(StringComparer.Ordinal)
    {
        ["abs"] = Abs,
        ["attr"] = (v, a, e) => Lookup.Attribute(v, TextOf(a.Bind("attr", "name")[0] ?? StringValue.Empty, e).Text, e),
        ["capitalize"] = (v, a, e) => LetterCase.Capitalize(TextOf(v, e), e.Budget),
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = SortMap,
        ["first"] = First,
        ["float"] = ToFloat,
        ["indent"] = Indent,
        ["int"] = ToInteger,
        ["items"] = Items,
        ["join"] = Join,
        ["last"] = Last,
        ["length"] = Length,
        ["list"] = (v, a, e) => new ListValue(Operators.Iterate(v, e.Budget)),
        ["lower"] = (v, a, e) => LetterCase.Lower(TextOf(v, e), e.Budget),
        ["map"] = Map,
        ["max"] = (v, a, e) => Extreme(v, a, e, sign: 1),
        ["min"] = (v, a, e) => Extreme(v, a, e, sign: -1),
        ["reject"] = (v, a, e) => Select(v, a, e, byAttribute: false, keeps: false),
        ["rejectattr"] = (v, a, e) => Select(v, a, e, byAttribute: true, keeps: false),
        ["replace"] = Replace,
        ["reverse"] = Reverse,
        ["round"] = Round,
        ["safe"] = (v, a, e) => TextOf(v, e),
        ["select"] = (v, a, e) => Select(v, a, e, byAttribute: false, keeps: true),
        ["selectattr"] = (v, a, e) => Select(v, a, e, byAttribute: true, keeps: true),
        ["sort"] = Sort,
        ["string"] = (v, a, e) => TextOf(v, e),
        ["sum"] = Sum,
        ["title"] = (v, a, e) => LetterCase.TitleFilter(TextOf(v, e), e.Budget),
        ["tojson"] = ToJson,
        ["trim"] = (v, a, e) => StringOperations.Trim(
            TextOf(v, e), a.Bind("trim", "chars")[0] is StringValue characters ? characters.Text : null, left: true, right: true),
        ["unique"] = Unique,
        ["upper"] = (v, a, e) => LetterCase.Upper(TextOf(v, e), e.Budget),
    };

    public static bool IsKnown(string name) => ByName.ContainsKey(name);

    public static TemplateValue Apply(string name, TemplateValue value, CallArguments arguments, Evaluator evaluator) =>
        ByName.TryGetValue(name, out Filter? filter)
            ? filter(value, arguments, evaluator)
            : throw new TemplateFault(ChatTemplateErrorKind.Unsupported, $"the filter '{name}' is not supported");

    private static StringValue TextOf(TemplateValue value, Evaluator evaluator) => PythonText.Of(value, evaluator.Budget);

    private static TemplateValue Default(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("default", "default_value", "boolean");
        bool isMissing = value is UndefinedValue || (given[1] is { IsTrue: true } && !value.IsTrue);
        return isMissing ? given[0] ?? StringValue.Empty : value;
    }

    private static StringValue ToJson(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = given[1] switch
        {
            null or NoneValue => null,
            StringValue margin when margin.Text.Length <= MaxIndent => margin.Text,
            IntegerValue width when width.Value <= MaxIndent => new string(' ', (int)BigInteger.Max(0, width.Value)),
            var other => throw evaluator.Fail($"tojson cannot indent by this {other.TypeName}"),
        };
        (string item, string key) = given[2] switch
        {
            null or NoneValue => (indent is null ? ", " : ",", ": "),
            ListValue { Items: [StringValue first, StringValue second] } => (first.Text, second.Text),
            _ => throw evaluator.Fail("tojson needs two separators"),
        };
        return new JsonText(evaluator.Budget, given[0]?.IsTrue ?? false, indent, item, key, given[3]?.IsTrue ?? false).Write(value);
    }

    private static StringValue Replace(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("replace", "old", "new", "count");
        if (given[0] is null || given[1] is null)
        {
            throw evaluator.Fail("replace needs what to replace and what with");
        }

        int limit = given[2] is IntegerValue count ? (int)BigInteger.Max(-1, BigInteger.Min(count.Value, int.MaxValue)) : -1;
        return StringOperations.Replace(TextOf(value, evaluator), TextOf(given[0]!, evaluator), TextOf(given[1]!, evaluator), limit, evaluator.Budget);
    }

    private static StringValue Indent(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("indent", "width", "first", "blank");
        StringValue margin = given[0] switch
        {
            null => StringValue.FromTemplate("    "),
            StringValue text => text,
            IntegerValue width when width.Value <= MaxIndent => StringValue.FromTemplate(new string(' ', (int)BigInteger.Max(0, width.Value))),
            var other => throw evaluator.Fail($"indent cannot use this {other.TypeName}"),
        };
        return StringOperations.Indent(TextOf(value, evaluator), margin, given[1]?.IsTrue ?? false, given[2]?.IsTrue ?? false, evaluator.Budget);
    }

    private static TemplateValue Abs(TemplateValue value, CallArguments arguments, Evaluator evaluator) => value switch
    {
        FloatValue number => Math.Abs(number.Value),
        IntegerValue or BooleanValue => new IntegerValue(BigInteger.Abs(Operators.ToInteger(value))),
        _ => throw evaluator.Fail($"a {value.TypeName} has no absolute value"),
    };

    private static TemplateValue ToInteger(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("int", "default", "base");
        TemplateValue byDefault = given[0] ?? 0;
        if (given[1] is not (null or IntegerValue) || (given[1] is IntegerValue radix && radix.Value != 10))
        {
            throw new TemplateFault(ChatTemplateErrorKind.Unsupported, "int reads decimal numbers only");
        }

        switch (value)
        {
            case IntegerValue or BooleanValue:
                return new IntegerValue(Operators.ToInteger(value));
            case FloatValue { Value: var number }:
                return double.IsFinite(number) ? new IntegerValue(new BigInteger(number)) : byDefault;
            case StringValue { Text: var text } when text.Length <= 1000:
                const NumberStyles Whole = NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
                return BigInteger.TryParse(text, Whole, CultureInfo.InvariantCulture, out BigInteger whole) ? new IntegerValue(whole)
                    : TryReadFloat(text, out double real) && double.IsFinite(real) ? new IntegerValue(new BigInteger(real))
                    : byDefault;
            default:
                return byDefault;
        }
    }

    private static TemplateValue ToFloat(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue byDefault = arguments.Bind("float", "default")[0] ?? 0.0;
        return value switch
        {
            StringValue text => TryReadFloat(text.Text, out double number) ? number : byDefault,
            _ => Operators.IsNumber(value) ? Operators.ToDouble(value) : byDefault,
        };
    }

    private static FloatValue Round(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("round", "precision", "method");
        string method = given[1] is StringValue text ? text.Text : "common";
        if (!Operators.IsNumber(value) || given[0] is not (null or IntegerValue) || method is not ("common" or "ceil" or "floor"))
        {
            throw evaluator.Fail("round needs a number, a whole precision and one of common, ceil, floor");
        }

        int precision = given[0] is IntegerValue digits ? (int)BigInteger.Max(-300, BigInteger.Min(300, digits.Value)) : 0;
        double number = Operators.ToDouble(value);
        double scale = Math.Pow(10, precision);
        if (method != "common")
        {
            return new FloatValue((method == "ceil" ? Math.Ceiling(number * scale) : Math.Floor(number * scale)) / scale);
        }

        double rounded = precision switch
        {
            0 => Math.Round(number, MidpointRounding.ToEven),
            > 0 and <= 15 => double.Parse(number.ToString($"F{precision}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
            _ => Math.Round(number * scale) / scale,
        };
        return new FloatValue(rounded);
    }

    private static bool TryReadFloat(string text, out double number) =>
        double.TryParse(text.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);
}
