// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed class NoneValue : TemplateValue
{
    public static readonly NoneValue Instance = new();

    internal override bool IsTrue => false;

    internal override string TypeName => "none";
}
