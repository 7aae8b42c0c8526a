// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

/// <summary>Iteration, equality, order and membership as Python has them.</summary>
internal static class Operators
{
    public static TemplateValue[] Iterate(TemplateValue value, EvaluationBudget budget)
    {
        switch (value)
        {
            case ListValue list:
                return list.Items;
            case GeneratorValue generator:
                return generator.Take();
            case UndefinedValue:
                return [];
            case MapValue map:
                budget.Charge(map.Members.Count);
                return [.. map.Members.Select(member => member.Key)];
            case StringValue text:
                budget.Charge(text.Text.Length);
                int[] offsets = CodePoints.Offsets(text.Text);
                var characters = new TemplateValue[offsets.Length - 1];
                for (int i = 0; i < characters.Length; i++)
                {
                    characters[i] = text.Slice(offsets[i], offsets[i + 1] - offsets[i]);
                }

                return characters;
            default:
                throw new TemplateFault(ChatTemplateErrorKind.Evaluation, $"a {value.TypeName} cannot be iterated over");
        }
    }

    public static bool Compare(string comparison, TemplateValue left, TemplateValue right, Evaluator evaluator) => comparison switch
    {
        "==" => AreEqual(left, right, evaluator.Budget),
        "!=" => !AreEqual(left, right, evaluator.Budget),
        "in" => Contains(right, left, evaluator),
        "not in" => !Contains(right, left, evaluator),
        "<" => Order(left, right, evaluator, comparison) is < 0,
        "<=" => Order(left, right, evaluator, comparison) is <= 0,
        ">" => Order(left, right, evaluator, comparison) is > 0,
        _ => Order(left, right, evaluator, comparison) is >= 0,
    };

    public static bool AreEqual(TemplateValue left, TemplateValue right, EvaluationBudget budget, int depth = 0)
    {
        budget.CheckNesting(depth);
        switch (left, right)
        {
            case (StringValue a, StringValue b):
                budget.Charge(a.Text.Length >> 4);
                return a.Text == b.Text;
            case (UndefinedValue, UndefinedValue) or (NoneValue, NoneValue):
                return true;
            case (ListValue a, ListValue b):
                if (a.IsTuple != b.IsTuple || a.Items.Length != b.Items.Length)
                {
                    return false;
                }

                for (int i = 0; i < a.Items.Length; i++)
                {
                    if (!AreEqual(a.Items[i], b.Items[i], budget, depth + 1))
                    {
                        return false;
                    }
                }

                return true;
            case (MapValue a, MapValue b):
                if (a.Members.Count != b.Members.Count)
                {
                    return false;
                }

                foreach ((StringValue key, TemplateValue value) in a.Members)
                {
                    if (b.Find(key.Text) is not { } other || !AreEqual(value, other, budget, depth + 1))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return IsNumber(left) && IsNumber(right) ? CompareNumbers(left, right) == 0 : ReferenceEquals(left, right);
        }
    }

    /// <summary>Negative, zero or positive; null if a NaN makes every comparison false.</summary>
    public static int? Order(TemplateValue left, TemplateValue right, Evaluator evaluator, string comparison, int depth = 0)
    {
        evaluator.Budget.CheckNesting(depth);
        switch (left, right)
        {
            case (StringValue a, StringValue b):
                evaluator.Budget.Charge(Math.Min(a.Text.Length, b.Text.Length) >> 4);
                return CodePoints.Compare(a.Text, b.Text);
            case (ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                for (int i = 0; i < Math.Min(a.Items.Length, b.Items.Length); i++)
                {
                    if (!AreEqual(a.Items[i], b.Items[i], evaluator.Budget))
                    {
                        return Order(a.Items[i], b.Items[i], evaluator, comparison, depth + 1);
                    }
                }

                return a.Items.Length.CompareTo(b.Items.Length);
            case (UndefinedValue missing, _):
                throw evaluator.Fail(missing.Name);
            case (_, UndefinedValue missing):
                throw evaluator.Fail(missing.Name);
            default:
                return IsNumber(left) && IsNumber(right)
                    ? CompareNumbers(left, right)
                    : throw evaluator.Fail($"'{comparison}' cannot compare a {left.TypeName} with a {right.TypeName}");
        }
    }

    public static bool IsNumber(TemplateValue value) => value is IntegerValue or FloatValue or BooleanValue;

    public static double ToDouble(TemplateValue value) => value switch
    {
        FloatValue number => number.Value,
        IntegerValue number => (double)number.Value,
        _ => value.IsTrue ? 1 : 0,
    };

    public static BigInteger ToInteger(TemplateValue value) => value is IntegerValue number ? number.Value : value.IsTrue ? 1 : 0;

    private static int? CompareNumbers(TemplateValue left, TemplateValue right)
    {
        if (left is not FloatValue && right is not FloatValue)
        {
            return ToInteger(left).CompareTo(ToInteger(right));
        }

        (double a, double b) = (ToDouble(left), ToDouble(right));
        return double.IsNaN(a) || double.IsNaN(b) ? null : a.CompareTo(b);
    }

    private static bool Contains(TemplateValue container, TemplateValue item, Evaluator evaluator)
    {
        switch (container)
        {
            case StringValue text when item is StringValue part:
                evaluator.Budget.Charge((text.Text.Length >> 4) + 1);
                return text.Text.Contains(part.Text, StringComparison.Ordinal);
            case StringValue:
                throw evaluator.Fail(item is UndefinedValue missing ? missing.Name : $"'in' a string needs a string, not a {item.TypeName}");
            case MapValue map:
                return item is StringValue key && map.Find(key.Text) is not null;
            case NoneValue or BooleanValue or IntegerValue or FloatValue or NamespaceValue or CallableValue:
                throw evaluator.Fail($"'in' cannot look into a {container.TypeName}");
            default:
                foreach (TemplateValue candidate in Iterate(container, evaluator.Budget))
                {
                    if (AreEqual(candidate, item, evaluator.Budget))
                    {
                        return true;
                    }
                }

                return false;
        }
    }
}
