// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Phi4.Tokenizer.Templates;

internal sealed partial class Parser
{
    private Expression ParsePrimary()
    {
        Token token = Current;
        _at++;
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new LiteralExpression(token.Position, true),
                    "false" or "False" => new LiteralExpression(token.Position, false),
                    "none" or "None" => new LiteralExpression(token.Position, TemplateValue.None),
                    _ => new NameExpression(token.Position, token.Text),
                };
            case TokenKind.String:
                var text = new StringBuilder(token.Text);
                while (Current.Kind == TokenKind.String)
                {
                    text.Append(_tokens[_at++].Text);
                }

                return new LiteralExpression(token.Position, StringValue.FromTemplate(text.ToString()));
            case TokenKind.Integer:
                return new LiteralExpression(token.Position, ReadInteger(token));
            case TokenKind.Float:
                return new LiteralExpression(token.Position, double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture));
            case TokenKind.Operator when token.Text == "(":
                return ParseGroup(token.Position);
            case TokenKind.Operator when token.Text == "[":
                return new ListExpression(token.Position, ParseItems("]", token.Position), IsTuple: false);
            case TokenKind.Operator when token.Text == "{":
                return ParseMap(token.Position);
            default:
                throw Error($"expected a value, found {token.Description}", token.Position);
        }
    }

    private IntegerValue ReadInteger(Token token) =>
        token.Text.Length <= 100
            ? new IntegerValue(BigInteger.Parse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture))
            : throw ChatTemplateException.At(ChatTemplateErrorKind.Limit, "a number of more than 100 digits", _source, token.Position);

    private Expression ParseGroup(int position)
    {
        if (TakeOperator(")"))
        {
            return new ListExpression(position, [], IsTuple: true);
        }

        Enter(position);
        Expression inner = ParseTuple();
        ExpectOperator(")");
        _nesting--;
        return inner;
    }

    private Expression[] ParseItems(string end, int position)
    {
        Enter(position);
        var items = new List<Expression>();
        while (!TakeOperator(end))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (TakeOperator(end))
                {
                    break;
                }
            }

            items.Add(ParseExpression());
        }

        _nesting--;
        return [.. items];
    }

    private MapExpression ParseMap(int position)
    {
        Enter(position);
        var members = new List<(Expression, Expression)>();
        while (!TakeOperator("}"))
        {
            if (members.Count > 0)
            {
                ExpectOperator(",");
                if (TakeOperator("}"))
                {
                    break;
                }
            }

            Expression key = ParseExpression();
            ExpectOperator(":");
            members.Add((key, ParseExpression()));
        }

        _nesting--;
        return new MapExpression(position, [.. members]);
    }
}
