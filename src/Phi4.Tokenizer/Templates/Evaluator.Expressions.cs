// SPDX-License-Identifier: MIT
using System.Numerics;

namespace Phi4.Tokenizer.Templates;

internal sealed partial class Evaluator
{
    public TemplateValue Call(TemplateValue callee, CallArguments arguments) => callee switch
    {
        CallableValue callable => callable.Invoke(this, arguments),
        UndefinedValue missing => throw Fail(missing.Name),
        _ => throw Fail($"a {callee.TypeName} cannot be called"),
    };

    private TemplateValue Evaluate(Expression expression)
    {
        Enter(expression.Position);
        TemplateValue value = expression switch
        {
            LiteralExpression literal => literal.Value,
            NameExpression name => _scope.Find(name.Name) ?? Globals.Find(name.Name) ?? new UndefinedValue($"'{name.Name}' is undefined"),
            AttributeExpression attribute => EvaluateAttribute(attribute),
            IndexExpression index => EvaluateIndex(index),
            SliceExpression slice => EvaluateSlice(slice),
            BinaryExpression binary => EvaluateBinary(binary),
            ConcatExpression concat => EvaluateConcat(concat),
            CompareExpression compare => EvaluateCompare(compare),
            LogicalExpression logical => EvaluateLogical(logical),
            UnaryExpression unary => EvaluateUnary(unary),
            ConditionalExpression conditional => EvaluateConditional(conditional),
            CallExpression call => EvaluateCall(call, caller: null),
            FilterExpression filter => ApplyFilter(filter.Position, filter.Name, Evaluate(filter.Input), filter.Arguments),
            TestExpression test => EvaluateTest(test),
            ListExpression list => new ListValue(EvaluateAll(list.Items), list.IsTuple),
            MapExpression map => EvaluateMap(map),
            _ => throw new InvalidOperationException($"No evaluation for {expression.GetType().Name}."),
        };
        _depth--;
        return value;
    }

    private TemplateValue EvaluateAttribute(AttributeExpression expression)
    {
        TemplateValue target = Evaluate(expression.Target);
        _position = expression.Position;
        return Lookup.Attribute(target, expression.Name, this);
    }

    private TemplateValue EvaluateIndex(IndexExpression expression)
    {
        TemplateValue target = Evaluate(expression.Target);
        TemplateValue index = Evaluate(expression.Index);
        _position = expression.Position;
        return Lookup.Item(target, index, this);
    }

    private TemplateValue EvaluateSlice(SliceExpression expression)
    {
        TemplateValue target = Evaluate(expression.Target);
        BigInteger? start = EvaluateBound(expression.Start);
        BigInteger? stop = EvaluateBound(expression.Stop);
        BigInteger? step = EvaluateBound(expression.Step);
        _position = expression.Position;
        return Lookup.Slice(target, start, stop, step, this);
    }

    private BigInteger? EvaluateBound(Expression? expression) => expression is null ? null : Evaluate(expression) switch
    {
        NoneValue => null,
        IntegerValue number => number.Value,
        BooleanValue truth => truth.IsTrue ? 1 : 0,
        var other => throw Fail($"a slice needs whole numbers, not a {other.TypeName}"),
    };

    private TemplateValue EvaluateBinary(BinaryExpression expression)
    {
        TemplateValue left = Evaluate(expression.Left);
        TemplateValue right = Evaluate(expression.Right);
        _position = expression.Position;
        return Arithmetic.Apply(expression.Operator, left, right, this);
    }

    private StringValue EvaluateConcat(ConcatExpression expression)
    {
        var text = new TextBuilder(Budget);
        foreach (TemplateValue part in EvaluateAll(expression.Parts))
        {
            text.Append(PythonText.Of(part, Budget));
        }

        return text.ToValue();
    }

    private BooleanValue EvaluateCompare(CompareExpression expression)
    {
        TemplateValue left = Evaluate(expression.First);
        foreach ((string comparison, Expression operand) in expression.Rest)
        {
            TemplateValue right = Evaluate(operand);
            _position = expression.Position;
            if (!Operators.Compare(comparison, left, right, this))
            {
                return BooleanValue.False;
            }

            left = right;
        }

        return BooleanValue.True;
    }

    private TemplateValue EvaluateLogical(LogicalExpression expression)
    {
        TemplateValue left = Evaluate(expression.Left);
        return left.IsTrue == expression.IsAnd ? Evaluate(expression.Right) : left;
    }

    private TemplateValue EvaluateUnary(UnaryExpression expression)
    {
        TemplateValue operand = Evaluate(expression.Operand);
        _position = expression.Position;
        return expression.Operator == "not" ? !operand.IsTrue : Arithmetic.Sign(operand, expression.Operator == "-", this);
    }

    private TemplateValue EvaluateConditional(ConditionalExpression expression)
    {
        if (Evaluate(expression.Condition).IsTrue)
        {
            return Evaluate(expression.Then);
        }

        return expression.Else is null
            ? new UndefinedValue("the inline 'if' was false and has no 'else'")
            : Evaluate(expression.Else);
    }

    private TemplateValue EvaluateCall(CallExpression expression, CallableValue? caller)
    {
        TemplateValue callee = Evaluate(expression.Callee);
        CallArguments arguments = EvaluateArguments(expression.Arguments);
        if (caller is not null)
        {
            arguments.Named.Add(("caller", caller));
        }

        _position = expression.Position;
        return Call(callee, arguments);
    }

    private BooleanValue EvaluateTest(TestExpression expression)
    {
        TemplateValue input = Evaluate(expression.Input);
        CallArguments arguments = EvaluateArguments(expression.Arguments);
        _position = expression.Position;
        return BooleanValue.Of(ValueTests.Apply(expression.Name, input, arguments, this) != expression.IsNegated);
    }

    private TemplateValue ApplyFilters(FilterCall[] filters, TemplateValue input)
    {
        foreach (FilterCall filter in filters)
        {
            input = ApplyFilter(filter.Position, filter.Name, input, filter.Arguments);
        }

        return input;
    }

    private TemplateValue ApplyFilter(int position, string name, TemplateValue input, ArgumentList argumentList)
    {
        CallArguments arguments = EvaluateArguments(argumentList);
        _position = position;
        return Filters.Apply(name, input, arguments, this);
    }

    private CallArguments EvaluateArguments(ArgumentList arguments)
    {
        var named = new List<(string, TemplateValue)>(arguments.Named.Length);
        var positional = new List<TemplateValue>(arguments.Positional.Length);
        foreach (Expression argument in arguments.Positional)
        {
            if (argument is SpreadExpression spread)
            {
                Spread(spread, positional, named);
            }
            else
            {
                positional.Add(Evaluate(argument));
            }
        }

        foreach ((string name, Expression value) in arguments.Named)
        {
            named.Add((name, Evaluate(value)));
        }

        return new CallArguments(positional, named);
    }

    private void Spread(SpreadExpression spread, List<TemplateValue> positional, List<(string Name, TemplateValue Value)> named)
    {
        TemplateValue value = Evaluate(spread.Value);
        _position = spread.Position;
        if (!spread.IsNamed)
        {
            TemplateValue[] items = Operators.Iterate(value, Budget);
            Budget.Charge(items.Length);
            positional.AddRange(items);
            return;
        }

        if (value is not MapValue map)
        {
            throw Fail($"'**' spreads a mapping, not a {value.TypeName}");
        }

        Budget.Charge(map.Members.Count);
        named.AddRange(map.Members.Select(member => (member.Key.Text, member.Value)));
    }

    private TemplateValue[] EvaluateAll(Expression[] expressions)
    {
        var values = new TemplateValue[expressions.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Evaluate(expressions[i]);
        }

        return values;
    }

    private MapValue EvaluateMap(MapExpression expression)
    {
        var map = new MapValue();
        foreach ((Expression key, Expression value) in expression.Members)
        {
            if (Evaluate(key) is not StringValue name)
            {
                _position = key.Position;
                throw new TemplateFault(ChatTemplateErrorKind.Unsupported, "only strings are supported as keys");
            }

            map.Set(name, Evaluate(value));
        }

        return map;
    }
}
