// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

internal sealed partial class Parser
{
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
}
