// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

internal sealed class IntegerValue(BigInteger value) : TemplateValue
{
    public BigInteger Value { get; } = value;

    internal override bool IsTrue => !Value.IsZero;

    internal override string TypeName => "whole number";
}
