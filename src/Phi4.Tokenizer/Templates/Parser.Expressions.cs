// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Tokenizer.Templates;

internal sealed partial class Parser
{
    /// <summary>One expression, or several with commas, which make a tuple.</summary>
    private Expression ParseTuple(bool allowsCondition = true)
    {
        int position = Current.Position;
        var items = new List<Expression>();
        bool isTuple = false;
        while (true)
        {
            items.Add(allowsCondition ? ParseExpression() : ParseOr());
            if (!TakeOperator(","))
            {
                break;
            }

            isTuple = true;
            if (Current.Kind is TokenKind.BlockEnd or TokenKind.OutputEnd || Current.IsOperator(")"))
            {
                break;
            }
        }

        return isTuple ? new ListExpression(position, [.. items], IsTuple: true) : items[0];
    }

    private Expression ParseExpression()
    {
        Enter(Current.Position);
        Expression value = ParseOr();
        for (int links = 0; Current.IsName("if"); links++)
        {
            CheckChain(links);
            int position = Current.Position;
            _at++;
            Expression condition = ParseOr();
            value = new ConditionalExpression(position, condition, value, TakeName("else") ? ParseExpression() : null);
        }

        _nesting--;
        return value;
    }

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        for (int links = 0; Current.IsName("or"); links++)
        {
            CheckChain(links);
            int position = _tokens[_at++].Position;
            left = new LogicalExpression(position, IsAnd: false, left, ParseAnd());
        }

        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        for (int links = 0; Current.IsName("and"); links++)
        {
            CheckChain(links);
            int position = _tokens[_at++].Position;
            left = new LogicalExpression(position, IsAnd: true, left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        int position = Current.Position;
        if (!TakeName("not"))
        {
            return ParseCompare();
        }

        Enter(position);
        var result = new UnaryExpression(position, "not", ParseNot());
        _nesting--;
        return result;
    }

    private Expression ParseCompare()
    {
        int position = Current.Position;
        Expression first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            string? comparison = null;
            if (Current.Kind == TokenKind.Operator && Current.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                comparison = Current.Text;
                _at++;
            }
            else if (TakeName("in"))
            {
                comparison = "in";
            }
            else if (Current.IsName("not") && _tokens[_at + 1].IsName("in"))
            {
                comparison = "not in";
                _at += 2;
            }

            if (comparison is null)
            {
                return rest.Count == 0 ? first : new CompareExpression(position, first, [.. rest]);
            }

            rest.Add((comparison, ParseSum()));
        }
    }

    private Expression ParseSum() => ParseBinary(ParseConcat, static text => text is "+" or "-");

    private Expression ParseConcat()
    {
        int position = Current.Position;
        var parts = new List<Expression> { ParseProduct() };
        while (TakeOperator("~"))
        {
            parts.Add(ParseProduct());
        }

        return parts.Count == 1 ? parts[0] : new ConcatExpression(position, [.. parts]);
    }

    private Expression ParseProduct() => ParseBinary(ParsePower, static text => text is "*" or "/" or "//" or "%");

    private Expression ParsePower() => ParseBinary(() => ParseUnary(allowsFilters: true), static text => text is "**");

    private Expression ParseBinary(Func<Expression> parseOperand, Func<string, bool> isOperator)
    {
        Expression left = parseOperand();
        for (int links = 0; Current.Kind == TokenKind.Operator && isOperator(Current.Text); links++)
        {
            CheckChain(links);
            Token token = _tokens[_at++];
            left = new BinaryExpression(token.Position, token.Text, left, parseOperand());
        }

        return left;
    }

    private Expression ParseUnary(bool allowsFilters)
    {
        Token token = Current;
        Expression value;
        if (token.Kind == TokenKind.Operator && token.Text is "-" or "+")
        {
            _at++;
            Enter(token.Position);
            value = new UnaryExpression(token.Position, token.Text, ParseUnary(allowsFilters: false));
            _nesting--;
        }
        else
        {
            value = ParsePostfix(ParsePrimary());
        }

        return allowsFilters ? ParseFiltersAndTests(value) : value;
    }

    private void CheckChain(int links)
    {
        if (links >= _limits.MaxNesting)
        {
            throw ChatTemplateException.At(
                ChatTemplateErrorKind.Limit,
                string.Create(CultureInfo.InvariantCulture, $"an expression of more than {_limits.MaxNesting} links"), _source, Current.Position);
        }
    }
}
