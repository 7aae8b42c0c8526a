// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Core.Sampling.Constraints.Grammars;
using Phi4.Core.Sampling.Constraints.Json;

namespace Phi4.Core.Sampling.Constraints;

/// <summary>From what a caller wrote to an automaton, whatever the vocabulary.</summary>
internal static class ConstraintSource
{
    /// <exception cref="ConstraintException">It is malformed, matches nothing, or asks for what is not supported.</exception>
    public static Automaton Compile(Constraint constraint)
    {
        Grammar grammar = constraint.Kind switch
        {
            ConstraintKind.Json => JsonSchemaCompiler.AnyJson(constraint.Whitespace),
            ConstraintKind.JsonSchema => JsonSchemaCompiler.Compile(constraint.Source, constraint.Whitespace),
            ConstraintKind.Regex => Grammar.Of(RegexParser.Parse(constraint.Source, "pattern"), "pattern"),
            ConstraintKind.Choice => Grammar.Of(ChoiceOf(constraint.Source), "choices"),
            _ => GrammarParser.Parse(constraint.Source, constraint.Whitespace),
        };
        if (constraint.MayThink)
        {
            Thoughts.PutInFront(grammar);
        }

        return AutomatonBuilder.Build(grammar);
    }

    private static Expr ChoiceOf(string json)
    {
        using JsonDocument choices = JsonDocument.Parse(json);
        return Expr.Choice([.. choices.RootElement.EnumerateArray().Select(choice => Expr.Of(choice.GetString()!))]);
    }
}
