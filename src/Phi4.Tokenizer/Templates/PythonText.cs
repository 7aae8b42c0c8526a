// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Phi4.Tokenizer.Templates;

/// <summary>How Python's <c>str</c> and <c>repr</c> write values, which is what Jinja prints.</summary>
internal static class PythonText
{
    public static StringValue Of(TemplateValue value, EvaluationBudget budget)
    {
        switch (value)
        {
            case StringValue text:
                return text;
            case UndefinedValue:
                return StringValue.Empty;
        }

        var written = new StringBuilder();
        bool hasUserData = false;
        WriteRepr(value, written, ref hasUserData, budget, 0);
        return StringValue.Uniform(written.ToString(), !hasUserData);
    }

    /// <summary>Python's shortest round-trip form: 1.0, 1e+16, 1e-05.</summary>
    public static string OfFloat(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        int exponent = value == 0 ? 0 : ShortestExponent(shortest);
        string digits = SignificantDigits(shortest);
        string sign = value < 0 || (value == 0 && double.IsNegative(value)) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(
                CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        return exponent + 1 >= digits.Length
            ? sign + digits.PadRight(exponent + 1, '0') + ".0"
            : sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    private static void WriteRepr(TemplateValue value, StringBuilder text, ref bool hasUserData, EvaluationBudget budget, int depth)
    {
        budget.CheckNesting(depth);
        int before = text.Length;
        switch (value)
        {
            case StringValue s:
                hasUserData |= s.HasUserData;
                WriteQuoted(s.Text, text);
                break;
            case NoneValue:
                text.Append("None");
                break;
            case BooleanValue:
                text.Append(value.IsTrue ? "True" : "False");
                break;
            case IntegerValue number:
                text.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatValue number:
                text.Append(OfFloat(number.Value));
                break;
            case UndefinedValue:
                text.Append("Undefined");
                break;
            case ListValue list:
                text.Append(list.IsTuple ? '(' : '[');
                for (int i = 0; i < list.Items.Length; i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    WriteRepr(list.Items[i], text, ref hasUserData, budget, depth + 1);
                }

                text.Append(list.IsTuple ? (list.Items.Length == 1 ? ",)" : ")") : "]");
                break;
            case MapValue map:
                text.Append('{');
                for (int i = 0; i < map.Members.Count; i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    WriteRepr(map.Members[i].Key, text, ref hasUserData, budget, depth + 1);
                    text.Append(": ");
                    WriteRepr(map.Members[i].Value, text, ref hasUserData, budget, depth + 1);
                }

                text.Append('}');
                break;
            default:
                throw new TemplateFault(ChatTemplateErrorKind.Evaluation, $"a {value.TypeName} cannot be printed");
        }

        budget.ChargeText(text.Length - before, text.Length);
    }

    private static void WriteQuoted(string value, StringBuilder text)
    {
        char quote = value.Contains('\'') && !value.Contains('"') ? '"' : '\'';
        text.Append(quote);
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            switch (c)
            {
                case '\\' or '\'' or '"' when c == '\\' || c == quote:
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                default:
                    Rune.TryGetRuneAt(value, i, out Rune rune);
                    i += WriteRune(c, rune, text) - 1;
                    break;
            }
        }

        text.Append(quote);
    }

    private static int WriteRune(char c, Rune rune, StringBuilder text)
    {
        bool isLoneSurrogate = char.IsSurrogate(c) && rune.Value == 0;
        int code = isLoneSurrogate ? c : rune.Value;
        UnicodeCategory category = isLoneSurrogate ? UnicodeCategory.Surrogate : Rune.GetUnicodeCategory(rune);
        bool isPrintable = c == ' ' || category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
        if (isPrintable)
        {
            text.Append(rune.ToString());
        }
        else if (code <= 0xFF)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\x{code:x2}");
        }
        else if (code <= 0xFFFF)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\u{code:x4}");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"\\U{code:x8}");
        }

        return isLoneSurrogate ? 1 : rune.Utf16SequenceLength;
    }

    private static string SignificantDigits(string shortest)
    {
        int end = shortest.IndexOf('E');
        string mantissa = (end < 0 ? shortest : shortest[..end]).Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal);
        string digits = mantissa.TrimStart('0').TrimEnd('0');
        return digits.Length == 0 ? "0" : digits;
    }

    private static int ShortestExponent(string shortest)
    {
        int e = shortest.IndexOf('E');
        if (e >= 0)
        {
            return int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }

        string plain = shortest.TrimStart('-');
        int point = plain.IndexOf('.');
        string whole = point < 0 ? plain : plain[..point];
        if (whole != "0")
        {
            return whole.Length - 1;
        }

        string fraction = plain[(point + 1)..];
        return fraction.TrimStart('0').Length - fraction.Length - 1;
    }
}
