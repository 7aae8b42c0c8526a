// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.Sampling.Constraints;
using Phi4.TestSupport.Schemas;

namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>Simple schemas that nobody wrote, shrunk where one fails, and models that know nothing: every text that comes to its end is valid, says a validator that is not ours.</summary>
internal sealed class ConstrainedJudgeTests
{
    private static readonly Gen<string> Name = OneOf("a", "ab", "b", "key", "é", "x y", "q\\\"");

    private static readonly Gen<string> Leaf = Gen.OneOf<string>(
        OneOf(
            """{"type":"string"}""", """{"type":"boolean"}""", """{"type":"null"}""", """{"type":"integer"}""", """{"type":"number"}""", """{"enum":["a","b",1]}""", """{"const":"x"}""",
            """{"type":"string","pattern":"^[a-z]{1,4}$"}""", """{"type":["string","null"]}""", """{"type":"string","format":"date"}""", """{"type":"string","format":"uuid"}"""),
        Gen.Select(Gen.Int[-500, 500], Gen.Int[0, 900], (min, width) => $$"""{"type":"integer","minimum":{{min}},"maximum":{{min + width}}}"""),
        Gen.Select(Gen.Int[-50, 50], Gen.Int[1, 90], (min, width) => $$"""{"type":"number","minimum":{{min}},"maximum":{{min + width}}}"""),
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 6], (min, more) => $$"""{"type":"string","minLength":{{min}},"maxLength":{{min + more}}}"""));

    private static readonly Gen<string> Schema = SchemaOf(depth: 3);

    [Test]
    public void Babble_ThousandSchemas_IsValidForNJsonSchema()
    {
        int complete = 0;
        Schema.Sample(
            schema =>
            {
                CompiledConstraint compiled = ConstraintRig.Small(Constraint.JsonSchema(schema));
                (string text, bool isComplete) = ConstraintRig.Babble(compiled, ConstraintRig.SmallTrie, new Random(schema.Length), 300);
                complete += isComplete ? 1 : 0;
                return !isComplete || IsValid(schema, text);
            },
            iter: 1000, threads: 1);
        Assert.That(complete, Is.GreaterThan(500), "most texts end by themselves");
    }

    [Test]
    public void Babble_WithPhi4sVocabulary_IsValidForNJsonSchema() => Schema.Sample(
        schema =>
        {
            CompiledConstraint compiled = ConstraintRig.Real(Constraint.JsonSchema(schema));
            (string text, bool isComplete) = ConstraintRig.Babble(compiled, ConstraintRig.Phi4Trie, new Random(schema.Length), 60);
            return !isComplete || IsValid(schema, text);
        },
        iter: 30, threads: 1);

    private static Gen<string> SchemaOf(int depth)
    {
        if (depth == 0)
        {
            return Leaf;
        }

        Gen<string> inner = SchemaOf(depth - 1);
        return Gen.OneOf<string>(Leaf, Leaf, Object(inner), Object(inner), Array(inner), AnyOf(inner));
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static bool IsValid(string schema, string text)
    {
        var judged = new JudgedText(schema, text);
        return !NJsonJudge.Knows(judged) || NJsonJudge.Judge(judged).Length == 0;
    }

    private static Gen<string> Object(Gen<string> inner) => Gen.Select(
        Name.Array[0, 4], inner.Array[5], Gen.Bool.Array[5], Gen.Int[0, 2],
        (names, schemas, required, additional) =>
        {
            string[] quoted = [.. names.Distinct().Select(name => $"\"{name}\"")];
            string properties = string.Join(',', quoted.Select((name, i) => $"{name}:{schemas[i]}"));
            string needed = string.Join(',', quoted.Where((_, i) => required[i]));
            string more = additional switch { 0 => "false", 1 => schemas[4], _ => "true" };
            return $$"""{"type":"object","properties":{{{properties}}},"required":[{{needed}}],"additionalProperties":{{more}}}""";
        });

    private static Gen<string> Array(Gen<string> inner) => Gen.Select(
        inner, Gen.Int[0, 3], Gen.Int[0, 3], (item, min, more) => $$"""{"type":"array","items":{{item}},"minItems":{{min}},"maxItems":{{min + more}}}""");

    private static Gen<string> AnyOf(Gen<string> inner) => inner.Array[2, 3].Select(options => $$"""{"anyOf":[{{string.Join(',', options)}}]}""");
}
