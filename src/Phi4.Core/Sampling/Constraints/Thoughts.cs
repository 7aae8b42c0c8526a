// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling.Constraints.Grammars;

namespace Phi4.Core.Sampling.Constraints;

/// <summary>What models that reason write in front of their answers. The marks may be text or tokens; either way they spell these strings.</summary>
internal static class Thoughts
{
    public const string Open = "<think>";
    public const string Close = "</think>";

    /// <summary>A text may begin with thoughts: anything at all, up to the first closing mark. Up to two line ends part them from what follows.</summary>
    public static void PutInFront(Grammar grammar)
    {
        Expr any = new CharacterExpr(CodePointSet.All).Repeat(0, null);
        CallExpr thoughts = grammar.Add("thoughts", new ExceptExpr(any, Expr.Sequence(any, Expr.Of(Close), any)));
        grammar.PutInFront("thinking", Expr.Sequence(Expr.Of(Open), thoughts, Expr.Of(Close), Expr.Of("\n").Repeat(0, 2)).Optional());
    }
}
