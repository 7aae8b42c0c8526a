// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;

namespace Phi4;

/// <summary>
/// What the text of an answer has to be. Immutable, a value: two constraints of equal text are equal, and a model compiles each only once. What is not supported is refused
/// with a <see cref="ConstraintException"/> where the constraint meets a model. docs/constraints.md says what each language can say.
/// </summary>
public sealed record Constraint
{
    private Constraint(ConstraintKind kind, string source, JsonWhitespace whitespace = JsonWhitespace.Bounded)
    {
        if (!Enum.IsDefined(whitespace))
        {
            throw new ArgumentOutOfRangeException(nameof(whitespace), whitespace, "Not a known policy.");
        }

        Kind = kind;
        Source = source;
        Whitespace = whitespace;
    }

    /// <summary>In which language it is written.</summary>
    public ConstraintKind Kind { get; }

    /// <summary>Its text: the schema, pattern or grammar; for choices a JSON array of them.</summary>
    public string Source { get; }

    /// <summary>White space between the parts of JSON; without meaning where there is none.</summary>
    public JsonWhitespace Whitespace { get; }

    /// <summary>Whether thoughts may stand in front of the text: see <see cref="BehindThoughts"/>.</summary>
    public bool MayThink { get; private init; }

    /// <summary>
    /// The same for a model that reasons: its answer may begin with <c>&lt;think&gt;</c>, then anything up to <c>&lt;/think&gt;</c>, then up to two line ends; what follows is what this constraint says.
    /// Where the vocabulary has tokens for the two marks, they may be used. <c>Phi4ChatClient</c> does this by itself for models that mark their thoughts so.
    /// </summary>
    public Constraint BehindThoughts() => this with { MayThink = true };

    /// <summary>Any JSON value, nested at most 32 deep.</summary>
    /// <param name="whitespace">White space between its parts.</param>
    public static Constraint Json(JsonWhitespace whitespace = JsonWhitespace.Bounded) => new(ConstraintKind.Json, "", whitespace);

    /// <summary>JSON that is valid under a JSON Schema: draft 2020-12, draft-07, or no <c>$schema</c>.</summary>
    /// <param name="schema">The schema's text.</param>
    /// <param name="whitespace">White space between the parts.</param>
    public static Constraint JsonSchema(string schema, JsonWhitespace whitespace = JsonWhitespace.Bounded)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new(ConstraintKind.JsonSchema, schema, whitespace);
    }

    /// <summary>Text that a regular expression matches from its beginning to its end.</summary>
    /// <param name="pattern">The expression.</param>
    public static Constraint Regex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new(ConstraintKind.Regex, pattern);
    }

    /// <summary>One of these texts.</summary>
    /// <param name="choices">At least one; none empty.</param>
    public static Constraint Choice(params IReadOnlyList<string> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        if (choices.Count == 0 || choices.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("At least one choice, none of them empty.", nameof(choices));
        }

        using var content = new MemoryStream();
        using (var writer = new Utf8JsonWriter(content))
        {
            writer.WriteStartArray();
            foreach (string choice in choices)
            {
                writer.WriteStringValue(choice);
            }

            writer.WriteEndArray();
        }

        return new(ConstraintKind.Choice, Encoding.UTF8.GetString(content.ToArray()));
    }

    /// <summary>Text that a context-free grammar derives from its rule <c>root</c>.</summary>
    /// <param name="grammar">
    /// Rules such as <c>root ::= "yes" | "no"</c>, in the notation of llama.cpp's GBNF; and <c>%json</c> with a JSON Schema behind it, for a value that is valid under it.
    /// </param>
    /// <param name="whitespace">White space between the parts of such values.</param>
    public static Constraint Grammar(string grammar, JsonWhitespace whitespace = JsonWhitespace.Bounded)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        return new(ConstraintKind.Grammar, grammar, whitespace);
    }
}
