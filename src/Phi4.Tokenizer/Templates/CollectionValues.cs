// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed class ListValue(TemplateValue[] items, bool isTuple = false) : TemplateValue
{
    public TemplateValue[] Items { get; } = items;

    /// <summary>A tuple prints with round brackets and equals no list.</summary>
    public bool IsTuple { get; } = isTuple;

    internal override bool IsTrue => Items.Length > 0;

    internal override string TypeName => IsTuple ? "tuple" : "list";
}

/// <summary>What Jinja's lazy filters return: always true, without a length, and empty after its first use.</summary>
internal sealed class GeneratorValue(TemplateValue[] items) : TemplateValue
{
    private TemplateValue[] _items = items;

    internal override bool IsTrue => true;

    internal override string TypeName => "generator";

    public TemplateValue[] Take()
    {
        TemplateValue[] items = _items;
        _items = [];
        return items;
    }

    /// <summary>The next item alone, as Python's <c>next</c>.</summary>
    public TemplateValue? TakeFirst()
    {
        TemplateValue? first = _items.FirstOrDefault();
        _items = _items.Length == 0 ? _items : _items[1..];
        return first;
    }
}

/// <summary>Members by name in insertion order. Written only while it is made.</summary>
internal sealed class MapValue : TemplateValue
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<(StringValue Key, TemplateValue Value)> _members = [];

    public IReadOnlyList<(StringValue Key, TemplateValue Value)> Members => _members;

    internal override bool IsTrue => _members.Count > 0;

    internal override string TypeName => "mapping";

    public TemplateValue? Find(string name) => _places.TryGetValue(name, out int place) ? _members[place].Value : null;

    public void Set(StringValue key, TemplateValue value)
    {
        if (_places.TryGetValue(key.Text, out int place))
        {
            _members[place] = (_members[place].Key, value);
            return;
        }

        _places.Add(key.Text, _members.Count);
        _members.Add((key, value));
    }
}

/// <summary>Jinja's <c>namespace()</c>: the one value that a template may change.</summary>
internal sealed class NamespaceValue : TemplateValue
{
    public Dictionary<string, TemplateValue> Members { get; } = new(StringComparer.Ordinal);

    internal override bool IsTrue => true;

    internal override string TypeName => "namespace";
}

/// <summary>Something that can be called: a global function, a macro, a method bound to its value.</summary>
internal sealed class CallableValue(string name, Func<Evaluator, CallArguments, TemplateValue> invoke) : TemplateValue
{
    public string Name { get; } = name;

    public Func<Evaluator, CallArguments, TemplateValue> Invoke { get; } = invoke;

    internal override bool IsTrue => true;

    internal override string TypeName => "function";
}

/// <summary>The <c>loop</c> variable inside <c>for</c>.</summary>
internal sealed class LoopValue(TemplateValue[] items, int depth) : TemplateValue
{
    private TemplateValue? _lastChangedValue;

    public int Index { get; set; }

    internal override bool IsTrue => true;

    internal override string TypeName => "loop";

    public TemplateValue? Find(string name) => name switch
    {
        "index" => Index + 1,
        "index0" => Index,
        "revindex" => items.Length - Index,
        "revindex0" => items.Length - Index - 1,
        "first" => Index == 0,
        "last" => Index == items.Length - 1,
        "length" => items.Length,
        "depth" => depth + 1,
        "depth0" => depth,
        "previtem" => Index > 0 ? items[Index - 1] : new UndefinedValue("there is no previous item"),
        "nextitem" => Index + 1 < items.Length ? items[Index + 1] : new UndefinedValue("there is no next item"),
        "cycle" => new CallableValue("loop.cycle", Cycle),
        "changed" => new CallableValue("loop.changed", Changed),
        _ => null,
    };

    private TemplateValue Cycle(Evaluator evaluator, CallArguments arguments) =>
        arguments.Positional.Count > 0
            ? arguments.Positional[Index % arguments.Positional.Count]
            : throw evaluator.Fail("loop.cycle needs at least one value");

    private TemplateValue Changed(Evaluator evaluator, CallArguments arguments)
    {
        var now = new ListValue([.. arguments.Positional], isTuple: true);
        bool changed = _lastChangedValue is null || !Operators.AreEqual(now, _lastChangedValue, evaluator.Budget);
        _lastChangedValue = now;
        return changed;
    }
}
