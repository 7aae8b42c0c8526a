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
