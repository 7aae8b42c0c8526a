// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

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
