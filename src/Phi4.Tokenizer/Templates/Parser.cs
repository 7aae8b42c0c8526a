// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Tokenizer.Templates;

/// <summary>Reads tokens into statements by recursive descent, with Jinja's precedences. Expressions are in the other part.</summary>
internal sealed partial class Parser
{
    private readonly string _source;
    private readonly List<Token> _tokens;
    private readonly TemplateLimits _limits;
    private int _at;
    private int _nesting;
    private int _loopNesting;

    private Parser(string source, TemplateLimits limits)
    {
        _source = source;
        _limits = limits;
        _tokens = Lexer.Read(source);
    }

    private Token Current => _tokens[_at];

    public static Statement[] Parse(string normalizedSource, TemplateLimits limits)
    {
        var parser = new Parser(normalizedSource, limits);
        Statement[] body = parser.ParseBody([], "", 0);
        return body;
    }

    /// <summary>Statements up to a tag with one of the given keywords, which stays unread; no keywords: up to the end.</summary>
    private Statement[] ParseBody(ReadOnlySpan<string> ends, string opener, int openerPosition)
    {
        var statements = new List<Statement>();
        while (true)
        {
            Token token = Current;
            switch (token.Kind)
            {
                case TokenKind.End when ends.IsEmpty:
                    return [.. statements];
                case TokenKind.End:
                    throw Error($"this '{opener}' is never closed: expected {Alternatives(ends)}", openerPosition);
                case TokenKind.Data:
                    statements.Add(new TextStatement(token.Position, StringValue.FromTemplate(token.Text)));
                    _at++;
                    break;
                case TokenKind.OutputStart:
                    _at++;
                    statements.Add(new OutputStatement(token.Position, ParseTuple()));
                    Expect(TokenKind.OutputEnd);
                    break;
                default:
                    _at++;
                    if (Current.Kind != TokenKind.Name)
                    {
                        throw Error($"expected a statement, found {Current.Description}", Current.Position);
                    }

                    if (ends.Contains(Current.Text))
                    {
                        return [.. statements];
                    }

                    Enter(token.Position);
                    statements.AddRange(ParseStatement(token.Position));
                    _nesting--;
                    break;
            }
        }
    }

    /// <summary>One tag and what belongs to it. Several statements only for <c>generation</c>-like marks without an effect.</summary>
    private Statement[] ParseStatement(int position)
    {
        string keyword = Current.Text;
        _at++;
        switch (keyword)
        {
            case "if":
                return [ParseIf(position)];
            case "for":
                return [ParseFor(position)];
            case "set":
                return [ParseSet(position)];
            case "macro":
                return [ParseMacro(position)];
            case "call":
                return [ParseCall(position)];
            case "filter":
                return [ParseFilterBlock(position)];
            case "with":
                return [ParseWith(position)];
            case "generation":
                EndTag();
                return [new WithStatement(position, [], CloseBody("endgeneration", keyword, position))];
            case "break" or "continue" when _loopNesting > 0:
                EndTag();
                return [keyword == "break" ? new BreakStatement(position) : new ContinueStatement(position)];
            case "break" or "continue":
                throw Error($"'{keyword}' outside a loop", position);
            case "elif" or "else" or "endif" or "endfor" or "endset" or "endmacro" or "endcall" or "endfilter" or "endwith" or "endgeneration" or "endraw":
                throw Error($"'{keyword}' closes nothing here", position);
            default:
                throw ChatTemplateException.At(ChatTemplateErrorKind.Unsupported, $"the statement '{keyword}' is not supported", _source, position);
        }
    }

    private IfStatement ParseIf(int position)
    {
        var branches = new List<(Expression, Statement[])>();
        while (true)
        {
            Expression condition = ParseTuple(allowsCondition: false);
            EndTag();
            branches.Add((condition, ParseBody(["elif", "else", "endif"], "if", position)));
            string end = Current.Text;
            _at++;
            if (end == "elif")
            {
                continue;
            }

            Statement[] otherwise = [];
            if (end == "else")
            {
                EndTag();
                otherwise = ParseBody(["endif"], "if", position);
                _at++;
            }

            EndTag();
            return new IfStatement(position, [.. branches], otherwise);
        }
    }

    private ForStatement ParseFor(int position)
    {
        AssignTarget target = ParseTarget(allowsMember: false);
        ExpectName("in");
        Expression items = ParseTuple(allowsCondition: false);
        Expression? condition = TakeName("if") ? ParseExpression() : null;
        if (Current.IsName("recursive"))
        {
            throw ChatTemplateException.At(ChatTemplateErrorKind.Unsupported, "recursive loops are not supported", _source, Current.Position);
        }

        EndTag();
        _loopNesting++;
        Statement[] body = ParseBody(["else", "endfor"], "for", position);
        _loopNesting--;
        bool hasElse = Current.Text == "else";
        _at++;
        EndTag();
        return new ForStatement(position, target, items, condition, body, hasElse ? CloseBody("endfor", "for", position) : []);
    }

    private Statement ParseSet(int position)
    {
        AssignTarget target = ParseTarget(allowsMember: true);
        if (TakeOperator("="))
        {
            Expression value = ParseTuple();
            EndTag();
            return new SetStatement(position, target, value);
        }

        FilterCall[] filters = ParseFilterCalls();
        EndTag();
        return new SetBlockStatement(position, target, filters, CloseBody("endset", "set", position));
    }

    private MacroStatement ParseMacro(int position)
    {
        string name = ExpectAnyName();
        (string, Expression?)[] parameters = ParseParameters();
        EndTag();
        return new MacroStatement(position, new MacroDefinition(name, parameters, CloseFunctionBody("endmacro", "macro", position)));
    }

    private CallStatement ParseCall(int position)
    {
        (string, Expression?)[] parameters = Current.IsOperator("(") ? ParseParameters() : [];
        if (ParseExpression() is not CallExpression call)
        {
            throw Error("'call' needs a call such as name(…)", position);
        }

        EndTag();
        return new CallStatement(position, call, new MacroDefinition("caller", parameters, CloseFunctionBody("endcall", "call", position)));
    }

    private FilterStatement ParseFilterBlock(int position)
    {
        FilterCall first = ParseFilterCall();
        FilterCall[] filters = [first, .. ParseFilterCalls()];
        EndTag();
        return new FilterStatement(position, filters, CloseBody("endfilter", "filter", position));
    }

    private WithStatement ParseWith(int position)
    {
        var variables = new List<(AssignTarget, Expression)>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0)
            {
                ExpectOperator(",");
            }

            AssignTarget target = ParseTarget(allowsMember: false, isSingle: true);
            ExpectOperator("=");
            variables.Add((target, ParseExpression()));
        }

        EndTag();
        return new WithStatement(position, [.. variables], CloseBody("endwith", "with", position));
    }

    private (string Name, Expression? Default)[] ParseParameters()
    {
        var parameters = new List<(string, Expression?)>();
        ExpectOperator("(");
        while (!TakeOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            string name = ExpectAnyName();
            parameters.Add((name, TakeOperator("=") ? ParseExpression() : null));
        }

        return [.. parameters];
    }

    private AssignTarget ParseTarget(bool allowsMember, bool isSingle = false)
    {
        int position = Current.Position;
        var items = new List<AssignTarget> { ParseSingleTarget(allowsMember) };
        bool isTuple = false;
        while (!isSingle && TakeOperator(","))
        {
            isTuple = true;
            if (Current.Kind is not TokenKind.Name && !Current.IsOperator("("))
            {
                break;
            }

            items.Add(ParseSingleTarget(allowsMember));
        }

        return isTuple ? new TupleTarget(position, [.. items]) : items[0];
    }

    private AssignTarget ParseSingleTarget(bool allowsMember)
    {
        int position = Current.Position;
        if (TakeOperator("("))
        {
            Enter(position);
            AssignTarget inner = ParseTarget(allowsMember);
            ExpectOperator(")");
            _nesting--;
            return inner;
        }

        string name = ExpectAnyName();
        if (name is "true" or "false" or "none" or "True" or "False" or "None")
        {
            throw Error($"'{name}' cannot be assigned to", position);
        }

        return allowsMember && TakeOperator(".") ? new MemberTarget(position, name, ExpectAnyName()) : new NameTarget(position, name);
    }

    private Statement[] CloseBody(string end, string opener, int position)
    {
        Statement[] body = ParseBody([end], opener, position);
        _at++;
        EndTag();
        return body;
    }

    /// <summary>A body that runs apart from the loop around it.</summary>
    private Statement[] CloseFunctionBody(string end, string opener, int position)
    {
        int loopNesting = _loopNesting;
        _loopNesting = 0;
        Statement[] body = CloseBody(end, opener, position);
        _loopNesting = loopNesting;
        return body;
    }

    private void EndTag() => Expect(TokenKind.BlockEnd);

    private void Expect(TokenKind kind)
    {
        if (Current.Kind != kind)
        {
            throw Error($"expected {new Token(kind, "", 0).Description}, found {Current.Description}", Current.Position);
        }

        _at++;
    }

    private void ExpectOperator(string text)
    {
        if (!TakeOperator(text))
        {
            throw Error($"expected '{text}', found {Current.Description}", Current.Position);
        }
    }

    private void ExpectName(string name)
    {
        if (!TakeName(name))
        {
            throw Error($"expected '{name}', found {Current.Description}", Current.Position);
        }
    }

    private string ExpectAnyName()
    {
        if (Current.Kind != TokenKind.Name)
        {
            throw Error($"expected a name, found {Current.Description}", Current.Position);
        }

        return _tokens[_at++].Text;
    }

    private bool TakeOperator(string text)
    {
        bool isThere = Current.IsOperator(text);
        _at += isThere ? 1 : 0;
        return isThere;
    }

    private bool TakeName(string name)
    {
        bool isThere = Current.IsName(name);
        _at += isThere ? 1 : 0;
        return isThere;
    }

    private void Enter(int position)
    {
        if (++_nesting > _limits.MaxNesting || !System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw ChatTemplateException.At(
                ChatTemplateErrorKind.Limit,
                string.Create(CultureInfo.InvariantCulture, $"constructs are nested more than {_limits.MaxNesting} deep"), _source, position);
        }
    }

    private ChatTemplateException Error(string problem, int position) =>
        ChatTemplateException.At(ChatTemplateErrorKind.Syntax, problem, _source, position);

    private static string Alternatives(ReadOnlySpan<string> names) => string.Join(" or ", names.ToArray().Select(name => $"'{name}'"));
}
