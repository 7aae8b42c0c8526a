// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed class BooleanValue : TemplateValue
{
    public static readonly BooleanValue True = new();
    public static readonly BooleanValue False = new();

    internal override bool IsTrue => ReferenceEquals(this, True);

    internal override string TypeName => "boolean";

    public static BooleanValue Of(bool value) => value ? True : False;
}
