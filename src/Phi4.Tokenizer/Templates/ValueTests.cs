// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

/// <summary>What stands after <c>is</c>.</summary>
internal static class ValueTests
{
    private delegate bool ValueTest(TemplateValue value, CallArguments arguments, Evaluator evaluator);

    private static readonly Dictionary<string, ValueTest> ByName = new(StringComparer.Ordinal)
    {
        ["defined"] = (v, a, e) => v is not UndefinedValue,
        ["undefined"] = (v, a, e) => v is UndefinedValue,
        ["none"] = (v, a, e) => v is NoneValue,
        ["string"] = (v, a, e) => v is StringValue,
        ["mapping"] = (v, a, e) => v is MapValue,
        ["iterable"] = (v, a, e) => v is ListValue or MapValue or StringValue or GeneratorValue or UndefinedValue,
        ["sequence"] = (v, a, e) => v is ListValue or MapValue or StringValue or UndefinedValue,
        ["number"] = (v, a, e) => Operators.IsNumber(v),
        ["integer"] = (v, a, e) => v is IntegerValue,
        ["float"] = (v, a, e) => v is FloatValue,
        ["boolean"] = (v, a, e) => v is BooleanValue,
        ["true"] = (v, a, e) => ReferenceEquals(v, BooleanValue.True),
        ["false"] = (v, a, e) => ReferenceEquals(v, BooleanValue.False),
        ["callable"] = (v, a, e) => v is CallableValue,
        ["odd"] = (v, a, e) => Remainder(v, 2, e) == 1,
        ["even"] = (v, a, e) => Remainder(v, 2, e) == 0,
        ["divisibleby"] = (v, a, e) => Remainder(v, Argument(a, "divisibleby") is IntegerValue n && !n.Value.IsZero
            ? n.Value
            : throw e.Fail("'divisibleby' needs a whole number other than zero"), e) == 0,
        ["lower"] = (v, a, e) => PythonText.Of(v, e.Budget).Text is var s && s.Any(char.IsLower) && !s.Any(char.IsUpper),
        ["upper"] = (v, a, e) => PythonText.Of(v, e.Budget).Text is var s && s.Any(char.IsUpper) && !s.Any(char.IsLower),
        ["in"] = (v, a, e) => Operators.Compare("in", v, Argument(a, "in"), e),
        ["sameas"] = (v, a, e) => IsSame(v, Argument(a, "sameas"), e),
        ["eq"] = (v, a, e) => Operators.Compare("==", v, Argument(a, "eq"), e),
        ["equalto"] = (v, a, e) => Operators.Compare("==", v, Argument(a, "equalto"), e),
        ["ne"] = (v, a, e) => Operators.Compare("!=", v, Argument(a, "ne"), e),
        ["lt"] = (v, a, e) => Operators.Compare("<", v, Argument(a, "lt"), e),
        ["lessthan"] = (v, a, e) => Operators.Compare("<", v, Argument(a, "lessthan"), e),
        ["le"] = (v, a, e) => Operators.Compare("<=", v, Argument(a, "le"), e),
        ["gt"] = (v, a, e) => Operators.Compare(">", v, Argument(a, "gt"), e),
        ["greaterthan"] = (v, a, e) => Operators.Compare(">", v, Argument(a, "greaterthan"), e),
        ["ge"] = (v, a, e) => Operators.Compare(">=", v, Argument(a, "ge"), e),
    };

    private static readonly Dictionary<string, string> Symbols = new(StringComparer.Ordinal)
    {
        ["=="] = "eq",
        ["!="] = "ne",
        ["<"] = "lt",
        ["<="] = "le",
        [">"] = "gt",
        [">="] = "ge",
    };

    public static bool IsKnown(string name) => ByName.ContainsKey(name);

    public static bool Apply(string name, TemplateValue value, CallArguments arguments, Evaluator evaluator) =>
        ByName.TryGetValue(Symbols.GetValueOrDefault(name, name), out ValueTest? test)
            ? test(value, arguments, evaluator)
            : throw new TemplateFault(ChatTemplateErrorKind.Unsupported, $"the test '{name}' is not supported");

    private static TemplateValue Argument(CallArguments arguments, string name) =>
        arguments.Bind(name, "other")[0] ?? throw new TemplateFault(ChatTemplateErrorKind.Evaluation, $"the test '{name}' needs an argument");

    private static BigInteger Remainder(TemplateValue value, BigInteger divisor, Evaluator evaluator) => value is IntegerValue or BooleanValue
        ? ((Operators.ToInteger(value) % divisor) + divisor) % divisor
        : throw evaluator.Fail($"a {value.TypeName} is no whole number");

    private static bool IsSame(TemplateValue left, TemplateValue right, Evaluator evaluator) =>
        left.GetType() == right.GetType() && left is NoneValue or BooleanValue or IntegerValue or StringValue
            ? Operators.AreEqual(left, right, evaluator.Budget)
            : ReferenceEquals(left, right);
}
