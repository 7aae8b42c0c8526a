// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>The <c>loop</c> variable inside <c>for</c>.</summary>
internal sealed class LoopValue(TemplateValue[] items) : TemplateValue
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
        // Jinja counts recursive calls of one loop here, not loops inside loops.
        "depth" => 1,
        "depth0" => 0,
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
