// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed class UndefinedValue(string name) : TemplateValue
{
    /// <summary>What was looked up and not found, for the error message.</summary>
    public string Name { get; } = name;

    internal override bool IsTrue => false;

    internal override string TypeName => "undefined";
}
