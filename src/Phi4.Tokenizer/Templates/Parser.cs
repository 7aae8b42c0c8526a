// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Tokenizer.Templates;

/// <summary>Reads tokens into statements by recursive descent, with Jinja's precedences. Statements and expressions are in the other parts.</summary>
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
