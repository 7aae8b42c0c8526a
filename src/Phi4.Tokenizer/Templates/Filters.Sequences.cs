// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

internal static partial class Filters
{
    private static TemplateValue Length(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        switch (value)
        {
            case StringValue text:
                evaluator.Budget.Charge(text.Text.Length >> 4);
                return CodePoints.Count(text.Text);
            case ListValue list:
                return list.Items.Length;
            case MapValue map:
                return map.Members.Count;
            case UndefinedValue:
                return 0;
            default:
                throw evaluator.Fail($"a {value.TypeName} has no length");
        }
    }

    private static TemplateValue First(TemplateValue value, CallArguments arguments, Evaluator evaluator) =>
        (value is GeneratorValue generator ? generator.TakeFirst() : Operators.Iterate(value, evaluator.Budget).FirstOrDefault())
        ?? new UndefinedValue("the sequence has no first item");

    private static TemplateValue Last(TemplateValue value, CallArguments arguments, Evaluator evaluator) => value is GeneratorValue
        ? throw evaluator.Fail("a generator has no last item: make it a list first")
        : Operators.Iterate(value, evaluator.Budget).LastOrDefault() ?? new UndefinedValue("the sequence has no last item");

    private static GeneratorValue Items(TemplateValue value, CallArguments arguments, Evaluator evaluator) => value switch
    {
        UndefinedValue => new GeneratorValue([]),
        MapValue map => new GeneratorValue(Methods.Items(map, evaluator.Budget).Items),
        _ => throw evaluator.Fail($"a {value.TypeName} has no items"),
    };

    private static StringValue Join(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("join", "d", "attribute");
        IEnumerable<TemplateValue> items = Keyed(value, given[1], evaluator).Select(item => item.Key);
        StringValue separator = given[0] is null ? StringValue.Empty : TextOf(given[0]!, evaluator);
        return StringOperations.Join(separator, items.Select(item => TextOf(item, evaluator)), evaluator.Budget);
    }

    private static TemplateValue Reverse(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue[] items = [.. Operators.Iterate(value, evaluator.Budget)];
        Array.Reverse(items);
        return value is StringValue
            ? StringOperations.Join(StringValue.Empty, items.Cast<StringValue>(), evaluator.Budget)
            : new GeneratorValue(items);
    }

    private static GeneratorValue Map(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue[] items = IterateIfTrue(value, evaluator);
        evaluator.Budget.Charge(items.Length);
        if (arguments.Positional.Count == 0)
        {
            TemplateValue?[] given = arguments.Bind("map", "attribute", "default");
            TemplateValue attribute = given[0] ?? throw evaluator.Fail("map needs the name of a filter or an attribute");
            return new GeneratorValue(
                [.. items.Select(item => Lookup.Path(item, attribute, evaluator) is var found && found is UndefinedValue ? given[1] ?? found : found)]);
        }

        string name = NameOf(arguments.Positional[0], "map", evaluator);
        return new GeneratorValue(
            [.. items.Select(item => Apply(name, item, new CallArguments(arguments.Positional[1..], [.. arguments.Named]), evaluator))]);
    }

    private static GeneratorValue Select(TemplateValue value, CallArguments arguments, Evaluator evaluator, bool byAttribute, bool keeps)
    {
        List<TemplateValue> given = arguments.Positional;
        if (byAttribute && given.Count == 0)
        {
            throw evaluator.Fail("the name of an attribute is missing");
        }

        int testPlace = byAttribute ? 1 : 0;
        string? test = given.Count > testPlace ? NameOf(given[testPlace], "select", evaluator) : null;
        CallArguments rest = given.Count > testPlace ? new CallArguments(given[(testPlace + 1)..], arguments.Named) : CallArguments.None;
        var kept = new List<TemplateValue>();
        foreach (TemplateValue item in IterateIfTrue(value, evaluator))
        {
            evaluator.Budget.Charge(1);
            TemplateValue tested = byAttribute ? Lookup.Path(item, given[0], evaluator) : item;
            if ((test is null ? tested.IsTrue : ValueTests.Apply(test, tested, rest, evaluator)) == keeps)
            {
                kept.Add(item);
            }
        }

        return new GeneratorValue([.. kept]);
    }

    private static ListValue Sort(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("sort", "reverse", "case_sensitive", "attribute");
        List<(TemplateValue Key, TemplateValue Item)> items = Keyed(value, given[2], evaluator, isCaseSensitive: given[1]?.IsTrue ?? false);
        return new ListValue(InOrder(items, evaluator, isReversed: given[0]?.IsTrue ?? false));
    }

    private static ListValue SortMap(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("dictsort", "case_sensitive", "by", "reverse");
        string by = given[1] is StringValue text ? text.Text : "key";
        if (value is not MapValue map || by is not ("key" or "value"))
        {
            throw evaluator.Fail("dictsort sorts a mapping by 'key' or by 'value'");
        }

        IntegerValue place = new(by == "key" ? 0 : 1);
        var items = new ListValue(Methods.Items(map, evaluator.Budget).Items);
        return new ListValue(InOrder(Keyed(items, place, evaluator, given[0]?.IsTrue ?? false), evaluator, given[2]?.IsTrue ?? false));
    }

    private static GeneratorValue Unique(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("unique", "case_sensitive", "attribute");
        var kept = new List<(TemplateValue Key, TemplateValue Item)>();
        foreach ((TemplateValue Key, TemplateValue Item) item in Keyed(value, given[1], evaluator, given[0]?.IsTrue ?? false))
        {
            if (!kept.Exists(other => Operators.AreEqual(other.Key, item.Key, evaluator.Budget)))
            {
                kept.Add(item);
            }
        }

        return new GeneratorValue([.. kept.Select(item => item.Item)]);
    }

    private static TemplateValue Extreme(TemplateValue value, CallArguments arguments, Evaluator evaluator, int sign)
    {
        TemplateValue?[] given = arguments.Bind(sign > 0 ? "max" : "min", "case_sensitive", "attribute");
        (TemplateValue Key, TemplateValue Item)? best = null;
        foreach ((TemplateValue Key, TemplateValue Item) item in Keyed(value, given[1], evaluator, given[0]?.IsTrue ?? false))
        {
            if (best is null || Operators.Order(item.Key, best.Value.Key, evaluator, "<") * sign > 0)
            {
                best = item;
            }
        }

        return best?.Item ?? new UndefinedValue("the sequence is empty");
    }

    private static TemplateValue Sum(TemplateValue value, CallArguments arguments, Evaluator evaluator)
    {
        TemplateValue?[] given = arguments.Bind("sum", "attribute", "start");
        return Keyed(value, given[0], evaluator).Aggregate(given[1] ?? 0, (sum, item) => Arithmetic.Apply("+", sum, item.Key, evaluator));
    }

    /// <summary>Jinja's map and select take whatever is false, none included, for an empty sequence.</summary>
    private static TemplateValue[] IterateIfTrue(TemplateValue value, Evaluator evaluator) =>
        value.IsTrue ? Operators.Iterate(value, evaluator.Budget) : [];

    /// <summary>Items with the value to order or compare them by: themselves or an attribute, strings in lower case unless told otherwise.</summary>
    private static List<(TemplateValue Key, TemplateValue Item)> Keyed(
        TemplateValue value, TemplateValue? attribute, Evaluator evaluator, bool isCaseSensitive = true)
    {
        TemplateValue[] items = Operators.Iterate(value, evaluator.Budget);
        evaluator.Budget.Charge(items.Length);
        var keyed = new List<(TemplateValue, TemplateValue)>(items.Length);
        foreach (TemplateValue item in items)
        {
            TemplateValue key = attribute is null or NoneValue ? item : Lookup.Path(item, attribute, evaluator);
            keyed.Add((!isCaseSensitive && key is StringValue text ? LetterCase.Lower(text, evaluator.Budget) : key, item));
        }

        return keyed;
    }

    private static TemplateValue[] InOrder(List<(TemplateValue Key, TemplateValue Item)> items, Evaluator evaluator, bool isReversed)
    {
        var byKey = Comparer<TemplateValue>.Create((a, b) => Operators.Order(a, b, evaluator, "<") ?? 0);
        try
        {
            return [.. (isReversed ? items.OrderByDescending(item => item.Key, byKey) : items.OrderBy(item => item.Key, byKey)).Select(item => item.Item)];
        }
        catch (InvalidOperationException wrapped) when (wrapped.InnerException is TemplateFault fault)
        {
            throw fault;
        }
    }

    private static string NameOf(TemplateValue value, string filter, Evaluator evaluator) =>
        value is StringValue text ? text.Text : throw evaluator.Fail($"'{filter}' needs a name, not a {value.TypeName}");
}
