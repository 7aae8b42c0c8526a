// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

/// <summary>The operators <c>+ - * / // % **</c> as Python has them, for numbers, text and lists.</summary>
internal static class Arithmetic
{
    private const int MaxBits = 100_000;

    public static TemplateValue Apply(string operation, TemplateValue left, TemplateValue right, Evaluator evaluator)
    {
        if (left is UndefinedValue missing || (missing = (right as UndefinedValue)!) is not null)
        {
            throw evaluator.Fail(missing.Name);
        }

        switch (operation, left, right)
        {
            case ("+", StringValue a, StringValue b):
                return new TextBuilder(evaluator.Budget).Append(a).Append(b).ToValue();
            case ("+", ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                evaluator.Budget.Charge(a.Items.Length + b.Items.Length);
                return new ListValue([.. a.Items, .. b.Items], a.IsTuple);
            case ("*", StringValue or ListValue, IntegerValue or BooleanValue):
                return Repeat(left, Operators.ToInteger(right), evaluator);
            case ("*", IntegerValue or BooleanValue, StringValue or ListValue):
                return Repeat(right, Operators.ToInteger(left), evaluator);
            case ("%", StringValue, _):
                throw new TemplateFault(ChatTemplateErrorKind.Unsupported, "formatting text with % is not supported");
        }

        if (!Operators.IsNumber(left) || !Operators.IsNumber(right))
        {
            throw evaluator.Fail($"'{operation}' does not work on a {left.TypeName} and a {right.TypeName}");
        }

        bool isWhole = left is not FloatValue && right is not FloatValue;
        bool dividesByZero = operation is "/" or "//" or "%" && Operators.ToDouble(right) == 0;
        if (dividesByZero)
        {
            throw evaluator.Fail("division by zero");
        }

        return isWhole && operation != "/"
            ? ApplyWhole(operation, Operators.ToInteger(left), Operators.ToInteger(right), evaluator)
            : ApplyFloat(operation, Operators.ToDouble(left), Operators.ToDouble(right), evaluator);
    }

    public static TemplateValue Sign(TemplateValue operand, bool isNegative, Evaluator evaluator) => operand switch
    {
        FloatValue number => isNegative ? -number.Value : number,
        IntegerValue or BooleanValue => new IntegerValue(isNegative ? -Operators.ToInteger(operand) : Operators.ToInteger(operand)),
        UndefinedValue missing => throw evaluator.Fail(missing.Name),
        _ => throw evaluator.Fail($"a {operand.TypeName} has no sign"),
    };

    private static TemplateValue ApplyWhole(string operation, BigInteger a, BigInteger b, Evaluator evaluator)
    {
        switch (operation)
        {
            case "+":
                return new IntegerValue(a + b);
            case "-":
                return new IntegerValue(a - b);
            case "*":
                CheckBits(a.GetBitLength() + b.GetBitLength(), evaluator);
                return new IntegerValue(a * b);
            case "//":
                return new IntegerValue(FloorDivide(a, b));
            case "%":
                return new IntegerValue(a - (FloorDivide(a, b) * b));
            default:
                if (b.Sign < 0)
                {
                    return ApplyFloat(operation, (double)a, (double)b, evaluator);
                }

                CheckBits(b > MaxBits ? (a.IsZero || a.IsOne ? 1 : long.MaxValue) : a.GetBitLength() * (long)b, evaluator);
                return new IntegerValue(a.IsZero || a.IsOne ? (b.IsZero ? 1 : a) : BigInteger.Pow(a, (int)b));
        }
    }

    private static FloatValue ApplyFloat(string operation, double a, double b, Evaluator evaluator) => new(operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "//" => Math.Floor(a / b),
        "%" => a - (Math.Floor(a / b) * b),
        _ => a == 0 && b < 0 ? throw evaluator.Fail("zero to a negative power") : Math.Pow(a, b),
    });

    private static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger remainder);
        return !remainder.IsZero && remainder.Sign != b.Sign ? quotient - 1 : quotient;
    }

    private static TemplateValue Repeat(TemplateValue value, BigInteger count, Evaluator evaluator)
    {
        int length = value is StringValue s ? s.Text.Length : ((ListValue)value).Items.Length;
        int times = count.Sign <= 0 || length == 0 ? 0 : (int)BigInteger.Min(count, int.MaxValue);
        evaluator.Budget.Charge(times);
        evaluator.Budget.ChargeText(0, (long)times * length);
        if (value is StringValue text)
        {
            var repeated = new TextBuilder(evaluator.Budget);
            for (int i = 0; i < times; i++)
            {
                repeated.Append(text);
            }

            return repeated.ToValue();
        }

        var list = (ListValue)value;
        evaluator.Budget.Charge((long)times * length);
        var items = new TemplateValue[times * length];
        for (int i = 0; i < times; i++)
        {
            list.Items.CopyTo(items, i * length);
        }

        return new ListValue(items, list.IsTuple);
    }

    private static void CheckBits(long bits, Evaluator evaluator)
    {
        if (bits > MaxBits)
        {
            throw new TemplateFault(
                ChatTemplateErrorKind.Limit, string.Create(CultureInfo.InvariantCulture, $"a whole number of more than {MaxBits} bits"));
        }

        evaluator.Budget.Charge(bits >> 6);
    }
}
