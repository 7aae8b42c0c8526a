// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Phi4.Tokenizer.Templates;

/// <summary>Functions every template may call.</summary>
internal static class Globals
{
    private static readonly Dictionary<string, CallableValue> ByName = new(StringComparer.Ordinal)
    {
        ["range"] = new("range", Range),
        ["namespace"] = new("namespace", MakeNamespace),
        ["dict"] = new("dict", MakeMap),
        ["raise_exception"] = new("raise_exception", RaiseException),
        ["strftime_now"] = new("strftime_now", FormatNow),
    };

    public static TemplateValue? Find(string name) => ByName.GetValueOrDefault(name);

    private static TemplateValue RaiseException(Evaluator evaluator, CallArguments arguments)
    {
        TemplateValue message = arguments.Bind("raise_exception", "message")[0] ?? StringValue.Empty;
        throw new TemplateFault(ChatTemplateErrorKind.Raised, PythonText.Of(message, evaluator.Budget).Text);
    }

    private static ListValue Range(Evaluator evaluator, CallArguments arguments)
    {
        BigInteger[] given =
        [
            .. arguments.Positional.Select(value => value is IntegerValue or BooleanValue
                ? Operators.ToInteger(value)
                : throw evaluator.Fail($"range needs whole numbers, not a {value.TypeName}")),
        ];
        if (given.Length is 0 or > 3 || arguments.Named.Count > 0 || (given.Length == 3 && given[2].IsZero))
        {
            throw evaluator.Fail("range needs one to three numbers: start, stop and a step other than zero");
        }

        (BigInteger start, BigInteger stop) = given.Length == 1 ? (0, given[0]) : (given[0], given[1]);
        BigInteger step = given.Length == 3 ? given[2] : 1;
        BigInteger span = step.Sign > 0 ? stop - start : start - stop;
        BigInteger count = span.Sign <= 0 ? 0 : (span + BigInteger.Abs(step) - 1) / BigInteger.Abs(step);
        if (count > evaluator.Budget.Limits.MaxRange)
        {
            throw new TemplateFault(
                ChatTemplateErrorKind.Limit,
                string.Create(CultureInfo.InvariantCulture, $"a range of more than {evaluator.Budget.Limits.MaxRange} numbers"));
        }

        evaluator.Budget.Charge((long)count);
        var items = new TemplateValue[(int)count];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = new IntegerValue(start + (i * step));
        }

        return new ListValue(items);
    }

    private static NamespaceValue MakeNamespace(Evaluator evaluator, CallArguments arguments)
    {
        var space = new NamespaceValue();
        foreach ((StringValue key, TemplateValue value) in MakeMap(evaluator, arguments).Members)
        {
            space.Members[key.Text] = value;
        }

        return space;
    }

    private static MapValue MakeMap(Evaluator evaluator, CallArguments arguments)
    {
        var map = new MapValue();
        foreach (TemplateValue source in arguments.Positional)
        {
            foreach (TemplateValue member in source is MapValue other ? Methods.Items(other, evaluator.Budget).Items : Operators.Iterate(source, evaluator.Budget))
            {
                if (member is not ListValue { Items: [StringValue key, var value] })
                {
                    throw evaluator.Fail("a mapping is made of pairs of a name and a value");
                }

                map.Set(key, value);
            }
        }

        foreach ((string name, TemplateValue value) in arguments.Named)
        {
            map.Set(StringValue.FromTemplate(name), value);
        }

        return map;
    }

    private static StringValue FormatNow(Evaluator evaluator, CallArguments arguments)
    {
        if (arguments.Bind("strftime_now", "format")[0] is not StringValue format)
        {
            throw evaluator.Fail("strftime_now needs a format");
        }

        DateTimeOffset now = evaluator.Clock.GetLocalNow();
        var text = new StringBuilder();
        for (int i = 0; i < format.Text.Length; i++)
        {
            char c = format.Text[i];
            text.Append(c != '%' || i + 1 == format.Text.Length ? c.ToString() : FormatField(now, ref i, format.Text));
        }

        evaluator.Budget.ChargeText(text.Length, text.Length);
        return StringValue.Uniform(text.ToString(), !format.HasUserData);
    }

    private static string FormatField(DateTimeOffset now, ref int at, string format)
    {
        char field = format[++at];
        bool isUnpadded = field == '-' && at + 1 < format.Length;
        field = isUnpadded ? format[++at] : field;
        string? pattern = field switch
        {
            'Y' => "yyyy",
            'y' => "yy",
            'm' => "MM",
            'B' => "MMMM",
            'b' or 'h' => "MMM",
            'd' or 'e' => "dd",
            'A' => "dddd",
            'a' => "ddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            'D' => "MM/dd/yy",
            'R' => "HH:mm",
            'f' => "ffffff",
            _ => null,
        };
        string text = (pattern, field) switch
        {
            (not null, _) => now.ToString(pattern, CultureInfo.InvariantCulture),
            (_, 'j') => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            (_, '%') => "%",
            (_, 'n') => "\n",
            (_, 't') => "\t",
            (_, 'Z') => "",
            _ => throw new TemplateFault(ChatTemplateErrorKind.Unsupported, $"the date field '%{field}' is not supported"),
        };
        return isUnpadded ? text.TrimStart('0').PadLeft(1, '0') : field == 'e' ? (text[0] == '0' ? " " + text[1..] : text) : text;
    }
}
