// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

/// <summary>Members, items and slices. What is not there is undefined; looking into something undefined is an error.</summary>
internal static class Lookup
{
    /// <summary><c>target.name</c>: a method before a member of that name, as Jinja has it.</summary>
    public static TemplateValue Attribute(TemplateValue target, string name, Evaluator evaluator)
    {
        if (target is UndefinedValue missing)
        {
            throw evaluator.Fail(missing.Name);
        }

        return Methods.Find(target, name) ?? Member(target, name) ?? Missing(target, name);
    }

    /// <summary><c>target[index]</c>: an item before a method.</summary>
    public static TemplateValue Item(TemplateValue target, TemplateValue index, Evaluator evaluator)
    {
        switch (target, index)
        {
            case (UndefinedValue missing, _):
                throw evaluator.Fail(missing.Name);
            case (_, StringValue name):
                return Member(target, name.Text) ?? Methods.Find(target, name.Text) ?? Missing(target, name.Text);
            case (ListValue list, IntegerValue or BooleanValue):
                int place = Place(Operators.ToInteger(index), list.Items.Length);
                return place >= 0 ? list.Items[place] : new UndefinedValue($"the list has {list.Items.Length} items, none at {Operators.ToInteger(index)}");
            case (StringValue text, IntegerValue or BooleanValue):
                evaluator.Budget.Charge((text.Text.Length >> 4) + 1);
                int[] offsets = CodePoints.Offsets(text.Text);
                int at = Place(Operators.ToInteger(index), offsets.Length - 1);
                return at >= 0
                    ? text.Slice(offsets[at], offsets[at + 1] - offsets[at])
                    : new UndefinedValue($"the string has {offsets.Length - 1} characters, none at {Operators.ToInteger(index)}");
            default:
                return new UndefinedValue($"a {target.TypeName} has no item for a {index.TypeName}");
        }
    }

    public static TemplateValue Slice(TemplateValue target, BigInteger? start, BigInteger? stop, BigInteger? step, Evaluator evaluator)
    {
        BigInteger stride = step ?? 1;
        if (stride.IsZero)
        {
            throw evaluator.Fail("the step of a slice cannot be zero");
        }

        switch (target)
        {
            case UndefinedValue missing:
                throw evaluator.Fail(missing.Name);
            case ListValue list:
                return new ListValue([.. Places(start, stop, stride, list.Items.Length, evaluator.Budget).Select(i => list.Items[i])], list.IsTuple);
            case StringValue text:
                int[] offsets = CodePoints.Offsets(text.Text);
                List<int> places = Places(start, stop, stride, offsets.Length - 1, evaluator.Budget);
                if (stride.IsOne)
                {
                    return places.Count == 0 ? StringValue.Empty : text.Slice(offsets[places[0]], offsets[places[^1] + 1] - offsets[places[0]]);
                }

                var picked = new TextBuilder(evaluator.Budget);
                places.ForEach(i => picked.Append(text.Slice(offsets[i], offsets[i + 1] - offsets[i])));
                return picked.ToValue();
            default:
                // Jinja turns the failure of a slice into an undefined value, like that of any item.
                return new UndefinedValue($"a {target.TypeName} cannot be sliced");
        }
    }

    /// <summary>A member by name, with dots for members of members and digits for items, as filters such as <c>map</c> take it.</summary>
    public static TemplateValue Path(TemplateValue target, TemplateValue path, Evaluator evaluator)
    {
        if (path is not StringValue text)
        {
            return Item(target, path, evaluator);
        }

        foreach (string part in text.Text.Split('.'))
        {
            TemplateValue index = BigInteger.TryParse(part, out BigInteger number) ? new IntegerValue(number) : StringValue.FromTemplate(part);
            target = Item(target, index, evaluator);
        }

        return target;
    }

    private static TemplateValue? Member(TemplateValue target, string name) => target switch
    {
        MapValue map => map.Find(name),
        NamespaceValue space => space.Members.GetValueOrDefault(name),
        LoopValue loop => loop.Find(name),
        _ => null,
    };

    private static UndefinedValue Missing(TemplateValue target, string name) => new($"the {target.TypeName} has no member '{name}'");

    private static int Place(BigInteger index, int length)
    {
        BigInteger place = index.Sign < 0 ? index + length : index;
        return place.Sign >= 0 && place < length ? (int)place : -1;
    }

    private static List<int> Places(BigInteger? start, BigInteger? stop, BigInteger step, int length, EvaluationBudget budget)
    {
        int lowest = step.Sign > 0 ? 0 : -1;
        int highest = step.Sign > 0 ? length : length - 1;
        int from = start is null ? (step.Sign > 0 ? lowest : highest) : Clamp(start.Value, length, lowest, highest);
        int to = stop is null ? (step.Sign > 0 ? highest : lowest) : Clamp(stop.Value, length, lowest, highest);
        long stride = (long)BigInteger.Max(BigInteger.Min(step, int.MaxValue), int.MinValue);
        var places = new List<int>();
        for (long i = from; stride > 0 ? i < to : i > to; i += stride)
        {
            places.Add((int)i);
        }

        budget.Charge(places.Count + (length >> 4));
        return places;
    }

    private static int Clamp(BigInteger bound, int length, int lowest, int highest)
    {
        BigInteger place = bound.Sign < 0 ? bound + length : bound;
        return (int)BigInteger.Max(BigInteger.Min(place, highest), lowest);
    }
}
