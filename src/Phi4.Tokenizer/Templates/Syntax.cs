// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>A construct of the template and where it starts.</summary>
internal abstract record Node(int Position);

internal abstract record Expression(int Position) : Node(Position);

internal sealed record LiteralExpression(int Position, TemplateValue Value) : Expression(Position);

internal sealed record NameExpression(int Position, string Name) : Expression(Position);

internal sealed record ListExpression(int Position, Expression[] Items, bool IsTuple) : Expression(Position);

internal sealed record MapExpression(int Position, (Expression Key, Expression Value)[] Members) : Expression(Position);

internal sealed record UnaryExpression(int Position, string Operator, Expression Operand) : Expression(Position);

internal sealed record BinaryExpression(int Position, string Operator, Expression Left, Expression Right) : Expression(Position);

/// <summary><c>and</c>, <c>or</c>: the right side is evaluated only if the left does not decide.</summary>
internal sealed record LogicalExpression(int Position, bool IsAnd, Expression Left, Expression Right) : Expression(Position);

/// <summary>A chain such as <c>0 &lt; x &lt; 10</c>.</summary>
internal sealed record CompareExpression(int Position, Expression First, (string Operator, Expression Operand)[] Rest) : Expression(Position);

internal sealed record ConcatExpression(int Position, Expression[] Parts) : Expression(Position);

internal sealed record ConditionalExpression(int Position, Expression Condition, Expression Then, Expression? Else) : Expression(Position);

internal sealed record AttributeExpression(int Position, Expression Target, string Name) : Expression(Position);

internal sealed record IndexExpression(int Position, Expression Target, Expression Index) : Expression(Position);

internal sealed record SliceExpression(int Position, Expression Target, Expression? Start, Expression? Stop, Expression? Step) : Expression(Position);

internal sealed record CallExpression(int Position, Expression Callee, ArgumentList Arguments) : Expression(Position);

internal sealed record FilterExpression(int Position, Expression Input, string Name, ArgumentList Arguments) : Expression(Position);

internal sealed record TestExpression(int Position, Expression Input, string Name, ArgumentList Arguments, bool IsNegated) : Expression(Position);

/// <summary><c>*list</c> or <c>**mapping</c> among the arguments of a call.</summary>
internal sealed record SpreadExpression(int Position, Expression Value, bool IsNamed) : Expression(Position);

internal sealed record ArgumentList(Expression[] Positional, (string Name, Expression Value)[] Named)
{
    public static readonly ArgumentList Empty = new([], []);
}

internal abstract record Statement(int Position) : Node(Position);

internal sealed record TextStatement(int Position, StringValue Text) : Statement(Position);

internal sealed record OutputStatement(int Position, Expression Value) : Statement(Position);

internal sealed record IfStatement(int Position, (Expression Condition, Statement[] Body)[] Branches, Statement[] Else) : Statement(Position);

internal sealed record ForStatement(
    int Position, AssignTarget Target, Expression Items, Expression? Condition, Statement[] Body, Statement[] Else) : Statement(Position);

internal sealed record SetStatement(int Position, AssignTarget Target, Expression Value) : Statement(Position);

/// <summary><c>{% set x %}…{% endset %}</c>; the filters apply to the text of the body.</summary>
internal sealed record SetBlockStatement(int Position, AssignTarget Target, FilterCall[] Filters, Statement[] Body) : Statement(Position);

internal sealed record FilterStatement(int Position, FilterCall[] Filters, Statement[] Body) : Statement(Position);

internal sealed record MacroStatement(int Position, MacroDefinition Macro) : Statement(Position);

/// <summary><c>{% call f() %}…{% endcall %}</c>: the body reaches the macro as <c>caller</c>.</summary>
internal sealed record CallStatement(int Position, CallExpression Call, MacroDefinition Caller) : Statement(Position);

internal sealed record WithStatement(int Position, (AssignTarget Target, Expression Value)[] Variables, Statement[] Body) : Statement(Position);

internal sealed record BreakStatement(int Position) : Statement(Position);

internal sealed record ContinueStatement(int Position) : Statement(Position);

internal sealed record FilterCall(int Position, string Name, ArgumentList Arguments);

internal sealed record MacroDefinition(string Name, (string Name, Expression? Default)[] Parameters, Statement[] Body);

/// <summary>What an assignment writes to: a name, a namespace's member, or several at once.</summary>
internal abstract record AssignTarget(int Position);

internal sealed record NameTarget(int Position, string Name) : AssignTarget(Position);

internal sealed record MemberTarget(int Position, string Name, string Member) : AssignTarget(Position);

internal sealed record TupleTarget(int Position, AssignTarget[] Items) : AssignTarget(Position);
