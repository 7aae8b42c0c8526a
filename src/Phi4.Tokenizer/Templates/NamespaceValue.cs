// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Jinja's <c>namespace()</c>: the one value that a template may change.</summary>
internal sealed class NamespaceValue : TemplateValue
{
    public Dictionary<string, TemplateValue> Members { get; } = new(StringComparer.Ordinal);

    internal override bool IsTrue => true;

    internal override string TypeName => "namespace";
}
