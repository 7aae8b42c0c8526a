// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed partial class Parser
{
    private Expression ParsePostfix(Expression value)
    {
        for (int links = 0; Current.Kind == TokenKind.Operator; links++)
        {
            CheckChain(links);
            int position = Current.Position;
            if (TakeOperator("."))
            {
                Token member = Current;
                value = member.Kind == TokenKind.Integer
                    ? new IndexExpression(position, value, new LiteralExpression(member.Position, ReadInteger(member)))
                    : new AttributeExpression(position, value, member.Kind == TokenKind.Name ? member.Text : ExpectAnyName());
                _at++;
            }
            else if (TakeOperator("["))
            {
                value = ParseSubscript(position, value);
            }
            else if (Current.IsOperator("("))
            {
                value = new CallExpression(position, value, ParseArguments());
            }
            else
            {
                break;
            }
        }

        return value;
    }

    private Expression ParseSubscript(int position, Expression target)
    {
        Expression? start = Current.IsOperator(":") ? null : ParseExpression();
        if (TakeOperator("]"))
        {
            return new IndexExpression(position, target, start!);
        }

        ExpectOperator(":");
        Expression? stop = Current.IsOperator(":") || Current.IsOperator("]") ? null : ParseExpression();
        Expression? step = TakeOperator(":") && !Current.IsOperator("]") ? ParseExpression() : null;
        ExpectOperator("]");
        return new SliceExpression(position, target, start, stop, step);
    }

    private Expression ParseFiltersAndTests(Expression value)
    {
        for (int links = 0; ; links++)
        {
            CheckChain(links);
            int position = Current.Position;
            if (TakeOperator("|"))
            {
                FilterCall filter = ParseFilterCall();
                value = new FilterExpression(filter.Position, value, filter.Name, filter.Arguments);
            }
            else if (TakeName("is"))
            {
                value = ParseTest(value);
            }
            else if (Current.IsOperator("("))
            {
                value = new CallExpression(position, value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private FilterCall[] ParseFilterCalls()
    {
        var filters = new List<FilterCall>();
        while (TakeOperator("|"))
        {
            filters.Add(ParseFilterCall());
        }

        return [.. filters];
    }

    private FilterCall ParseFilterCall()
    {
        int position = Current.Position;
        string name = ExpectAnyName();
        if (!Filters.IsKnown(name))
        {
            throw ChatTemplateException.At(ChatTemplateErrorKind.Unsupported, $"the filter '{name}' is not supported", _source, position);
        }

        return new FilterCall(position, name, Current.IsOperator("(") ? ParseArguments() : ArgumentList.Empty);
    }

    private TestExpression ParseTest(Expression value)
    {
        bool isNegated = TakeName("not");
        int position = Current.Position;
        string name = ExpectAnyName();
        if (!ValueTests.IsKnown(name))
        {
            throw ChatTemplateException.At(ChatTemplateErrorKind.Unsupported, $"the test '{name}' is not supported", _source, position);
        }

        ArgumentList arguments = ArgumentList.Empty;
        if (Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (StartsBareArgument(Current))
        {
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], []);
        }

        return new TestExpression(position, value, name, arguments, isNegated);
    }

    private static bool StartsBareArgument(Token token) => token.Kind switch
    {
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        TokenKind.Name => token.Text is not ("else" or "or" or "and" or "is" or "if" or "in" or "not"),
        TokenKind.Operator => token.Text is "[" or "{",
        _ => false,
    };

    private ArgumentList ParseArguments()
    {
        int position = Current.Position;
        Enter(position);
        ExpectOperator("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        while (!TakeOperator(")"))
        {
            if (positional.Count + named.Count > 0)
            {
                ExpectOperator(",");
                if (TakeOperator(")"))
                {
                    break;
                }
            }

            if (Current.IsOperator("*") || Current.IsOperator("**"))
            {
                Token star = _tokens[_at++];
                positional.Add(new SpreadExpression(star.Position, ParseExpression(), IsNamed: star.Text == "**"));
                continue;
            }

            if (Current.Kind == TokenKind.Name && _tokens[_at + 1].IsOperator("="))
            {
                string name = Current.Text;
                _at += 2;
                named.Add((name, ParseExpression()));
            }
            else if (named.Count > 0)
            {
                throw Error("a plain argument after a named one", Current.Position);
            }
            else
            {
                positional.Add(ParseExpression());
            }
        }

        _nesting--;
        return new ArgumentList([.. positional], [.. named]);
    }
}
