// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling.Constraints;
using Phi4.TestSupport;
using Phi4.TestSupport.Schemas;

namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>
/// Schemas of everything that is promised, and models that know nothing, on a small vocabulary and on phi-4's: every text that comes to its end is valid, say two validators that are not
/// ours. Here a slice; the whole is <c>make test-schemas</c>.
/// </summary>
internal sealed class JudgedSchemaTests
{
    private static readonly int Schemas = SlowRun.Count(slice: 50, whole: 1000);

    // Noise on phi-4's vocabulary takes its time.
    private static readonly int RealShare = SlowRun.Count(slice: 5, whole: 1);

    private static readonly Lazy<(int Tried, IReadOnlyList<JudgedText> Ended)> Texts = new(Babble);

    [Test]
    public void Babble_UnderGeneratedSchemas_IsValidForNJsonSchema() => Check(Verdicts.OfNJsonSchema(Texts.Value.Ended));

    [Test]
    public void Babble_UnderGeneratedSchemas_IsValidForAjv()
    {
        Assume.That(AjvJudge.Missing, Is.Null);
        Check(Verdicts.OfAjv(Texts.Value.Ended));
    }

    [TestCase("""{"type":"integer"}""", "1.5")]
    [TestCase("""{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a","definitions":{"a":{"type":"array","items":[{"type":"null"}]}}}""", "[1]")]
    [TestCase("""{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"a":{"$ref":"#/$defs/x~1y"}},"$defs":{"x/y":{"prefixItems":[true,{"const":2}],"items":false}}}""", """{"a":[1,3]}""")]
    [TestCase("""{"prefixItems":[true],"items":{"type":"null"}}""", "[1,2]")]
    [TestCase("""{"type":"string","format":"date"}""", "\"2023-02-29\"")]
    [TestCase("""{"allOf":[{"exclusiveMinimum":2},{"maximum":9}]}""", "2")]
    [TestCase("""{"type":"object","additionalProperties":{"maxLength":1}}""", """{"a":"bc"}""")]
    public void Judges_OfATextThatIsNotValid_SayNo(string schema, string text)
    {
        JudgedText judged = new(schema, text);
        Assert.That(Verdicts.OfNJsonSchema([judged]).Faults, Has.Count.EqualTo(1));
        Assume.That(AjvJudge.Missing, Is.Null);
        Assert.That(Verdicts.OfAjv([judged, new("true", "{}")]).Faults, Has.Count.EqualTo(1));
    }

    private static (int Tried, IReadOnlyList<JudgedText> Ended) Babble()
    {
        int tried = 0;
        List<JudgedText> ended = [];
        for (int seed = 0; seed < Schemas; seed++)
        {
            string schema = GeneratedSchema.Of(seed);
            var constraint = Constraint.JsonSchema(schema, (JsonWhitespace)(seed % 3));
            Add(schema, ConstraintRig.Babble(ConstraintRig.Small(constraint), ConstraintRig.SmallTrie, new Random(seed), 500));
            if (seed % RealShare == 0)
            {
                Add(schema, ConstraintRig.Babble(ConstraintRig.Real(constraint), ConstraintRig.Phi4Trie, new Random(seed), 100));
            }
        }

        SlowRun.Report($"{Schemas:N0} schemas, {tried:N0} texts of noise, of which {ended.Count:N0} came to their end");
        return (tried, ended);

        void Add(string schema, (string Text, bool IsComplete) babble)
        {
            tried++;
            if (babble.IsComplete)
            {
                ended.Add(new JudgedText(schema, babble.Text));
            }
        }
    }

    private static void Check(Verdicts verdicts)
    {
        SlowRun.Report(verdicts.ToString());
        Assert.That(verdicts.Faults, Is.Empty);
        Assert.That(verdicts.Judged, Is.GreaterThan(Texts.Value.Tried / 2), "most texts come to their end, and both judges know most of what there is");
    }
}
