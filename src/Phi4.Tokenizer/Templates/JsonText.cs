// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Phi4.Tokenizer.Templates;

/// <summary>The <c>tojson</c> of Hugging Face's templates: Python's <c>json.dumps</c>, by default without escaping to ASCII.</summary>
internal sealed class JsonText(EvaluationBudget budget, bool escapesToAscii, string? indent, string itemSeparator, string keySeparator, bool sortsKeys)
{
    private readonly StringBuilder _text = new();
    private bool _hasUserData;

    public StringValue Write(TemplateValue value)
    {
        WriteValue(value, 0);
        return StringValue.Uniform(_text.ToString(), !_hasUserData);
    }

    private void WriteValue(TemplateValue value, int depth)
    {
        budget.CheckNesting(depth);
        int before = _text.Length;
        switch (value)
        {
            case StringValue text:
                WriteString(text);
                break;
            case NoneValue:
                _text.Append("null");
                break;
            case BooleanValue:
                _text.Append(value.IsTrue ? "true" : "false");
                break;
            case IntegerValue number:
                _text.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatValue { Value: var number }:
                _text.Append(double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.OfFloat(number));
                break;
            case ListValue list:
                WriteItems('[', ']', list.Items.Length, depth, i => WriteValue(list.Items[i], depth + 1));
                break;
            case MapValue map:
                IReadOnlyList<(StringValue Key, TemplateValue Value)> members = sortsKeys
                    ? [.. map.Members.OrderBy(member => member.Key.Text, CodePoints.Comparer)]
                    : map.Members;
                WriteItems('{', '}', members.Count, depth, i =>
                {
                    WriteString(members[i].Key);
                    _text.Append(keySeparator);
                    WriteValue(members[i].Value, depth + 1);
                });
                break;
            default:
                throw new TemplateFault(ChatTemplateErrorKind.Evaluation, $"a value of type {value.TypeName} cannot be written as JSON");
        }

        budget.ChargeText(_text.Length - before, _text.Length);
    }

    private void WriteItems(char open, char close, int count, int depth, Action<int> writeItem)
    {
        _text.Append(open);
        for (int i = 0; i < count; i++)
        {
            _text.Append(i > 0 ? itemSeparator : "");
            WriteLineBreak(depth + 1);
            writeItem(i);
        }

        if (count > 0)
        {
            WriteLineBreak(depth);
        }

        _text.Append(close);
    }

    private void WriteLineBreak(int depth)
    {
        if (indent is null)
        {
            return;
        }

        budget.ChargeText((long)indent.Length * depth, _text.Length + ((long)indent.Length * depth));
        _text.Append('\n');
        for (int i = 0; i < depth; i++)
        {
            _text.Append(indent);
        }
    }

    private void WriteString(StringValue value)
    {
        budget.ChargeText(value.Text.Length, (long)_text.Length + value.Text.Length);
        _hasUserData |= value.HasUserData;
        _text.Append('"');
        foreach (char c in value.Text)
        {
            string? escape = c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\f' => "\\f",
                '\b' => "\\b",
                _ => null,
            };
            if (escape is not null)
            {
                _text.Append(escape);
            }
            else if (c < ' ' || (escapesToAscii && c > '~'))
            {
                _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                _text.Append(c);
            }
        }

        _text.Append('"');
    }
}
