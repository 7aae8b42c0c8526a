// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Extensions.AI.Tools;

namespace Phi4.Extensions.AI.Requests;

/// <summary>What an answer may be, as one constraint: text, JSON, calls of tools, or text and then calls.</summary>
internal static class AnswerGrammar
{
    /// <summary>Null where anything may come.</summary>
    public static Constraint? Of(ToolSet? tools, AnswerFormat? format, IToolFormat toolFormat)
    {
        if (tools is null)
        {
            return format?.ToConstraint();
        }

        var rules = new StringBuilder();
        rules.Append(tools.MustCall ? "root ::= calls\n" : format is null ? "root ::= text calls?\n" : "root ::= calls | answer\n");
        rules.Append(toolFormat.Rules(tools));
        if (!tools.MustCall)
        {
            rules.Append(format is null ? $"text ::= {Without(toolFormat.Marker)}\n" : $"answer ::= %json {format.Enforced ?? "true"}\n");
        }

        return Constraint.Grammar(rules.ToString());
    }

    /// <summary>Any text in which the marker does not occur, as the right side of a rule.</summary>
    /// <param name="marker">Its first character does not come again in it: then a character that breaks off a beginning of it either starts the next one or belongs to no beginning.</param>
    public static string Without(string marker)
    {
        char first = marker[0];
        string free = $"[^{first}]*";
        string rest = $"([^{first}{Escaped(marker[^1])}] {free})?";
        for (int i = marker.Length - 2; i >= 1; i--)
        {
            rest = $"([^{first}{Escaped(marker[i])}] {free} | {GrammarText.Literal(marker[i].ToString())} {rest})?";
        }

        return $"{free} ({GrammarText.Literal(first.ToString())} {rest})*";
    }

    private static string Escaped(char character) => character is '[' or ']' or '\\' or '^' or '-' ? $"\\{character}" : character.ToString();
}
