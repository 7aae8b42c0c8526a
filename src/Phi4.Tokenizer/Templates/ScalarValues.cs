// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

internal sealed class UndefinedValue(string name) : TemplateValue
{
    /// <summary>What was looked up and not found, for the error message.</summary>
    public string Name { get; } = name;

    internal override bool IsTrue => false;

    internal override string TypeName => "undefined";
}

internal sealed class NoneValue : TemplateValue
{
    public static readonly NoneValue Instance = new();

    internal override bool IsTrue => false;

    internal override string TypeName => "none";
}

internal sealed class BooleanValue : TemplateValue
{
    public static readonly BooleanValue True = new();
    public static readonly BooleanValue False = new();

    internal override bool IsTrue => ReferenceEquals(this, True);

    internal override string TypeName => "boolean";

    public static BooleanValue Of(bool value) => value ? True : False;
}

internal sealed class IntegerValue(BigInteger value) : TemplateValue
{
    public BigInteger Value { get; } = value;

    internal override bool IsTrue => !Value.IsZero;

    internal override string TypeName => "integer";
}

internal sealed class FloatValue(double value) : TemplateValue
{
    public double Value { get; } = value;

    internal override bool IsTrue => Value != 0;

    internal override string TypeName => "float";
}
