// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed class FloatValue(double value) : TemplateValue
{
    public double Value { get; } = value;

    internal override bool IsTrue => Value != 0;

    internal override string TypeName => "float";
}
