// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>Rules while they are collected: a rule may be named before it is known what it says.</summary>
internal sealed class Grammar
{
    private readonly List<(string Name, Expr? Body)> _rules = [];

    /// <summary>The rule with which a text begins: the first one, unless something was put in front of it.</summary>
    public int Start { get; private set; }

    public int RuleCount => _rules.Count;

    public static Grammar Of(Expr root, string name)
    {
        var grammar = new Grammar();
        grammar.Define(grammar.Declare(name), root);
        return grammar;
    }

    public int Declare(string name)
    {
        _rules.Add((name, null));
        return _rules.Count - 1;
    }

    public void Define(int rule, Expr body) => _rules[rule] = (_rules[rule].Name, body);

    /// <summary>A rule of its own, called from here.</summary>
    public CallExpr Add(string name, Expr body)
    {
        int rule = Declare(name);
        Define(rule, body);
        return new CallExpr(rule);
    }

    /// <summary>A text begins with this, and then comes what it began with before.</summary>
    public void PutInFront(string name, Expr front) => Start = Add(name, Expr.Sequence(front, new CallExpr(Start))).Rule;

    public string NameOf(int rule) => _rules[rule].Name;

    public Expr BodyOf(int rule) => _rules[rule].Body ?? throw new ConstraintException("there is no such rule.", _rules[rule].Name);
}
