// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>The right side of a grammar rule. Everything that a constraint can say is first turned into these.</summary>
internal abstract record Expr
{
    public static Expr Nothing { get; } = new SequenceExpr([]);

    public static Expr Of(string text) => new LiteralExpr(System.Text.Encoding.UTF8.GetBytes(text));

    public static Expr Sequence(params IReadOnlyList<Expr> parts) => parts.Count == 1 ? parts[0] : new SequenceExpr(parts);

    public static Expr Choice(params IReadOnlyList<Expr> options) => options.Count == 1 ? options[0] : new ChoiceExpr(options);

    public Expr Optional() => new RepeatExpr(this, 0, 1);

    public Expr Repeat(int min, int? max) => min == 1 && max == 1 ? this : new RepeatExpr(this, min, max);
}

/// <summary>These bytes.</summary>
internal sealed record LiteralExpr(byte[] Bytes) : Expr;

/// <summary>One character of a set, in UTF-8.</summary>
internal sealed record CharacterExpr(CodePointSet Set) : Expr;

/// <summary>One after the other.</summary>
internal sealed record SequenceExpr(IReadOnlyList<Expr> Parts) : Expr;

/// <summary>One of several; none of none is a thing that can't be.</summary>
internal sealed record ChoiceExpr(IReadOnlyList<Expr> Options) : Expr;

/// <summary>At least so often, at most so often or without end.</summary>
internal sealed record RepeatExpr(Expr Body, int Min, int? Max) : Expr;

/// <summary>What another rule derives.</summary>
internal sealed record CallExpr(int Rule) : Expr;

/// <summary>A path from the first state to the last.</summary>
internal sealed record GraphExpr(int StateCount, IReadOnlyList<(int From, Expr Via, int To)> Edges) : Expr;

/// <summary>What both match. Neither may call a rule.</summary>
internal sealed record BothExpr(Expr Left, Expr Right) : Expr;

/// <summary>What the left matches and the right does not. Neither may call a rule.</summary>
internal sealed record ExceptExpr(Expr Left, Expr Right) : Expr;
