// SPDX-License-Identifier: MIT
namespace Phi4.Core.Tests.Sampling.Constraints;

/// <summary>Keyword by keyword, what a schema lets through and what it does not; compact JSON.</summary>
internal sealed class JsonSchemaTests
{
    [TestCase("""{"type":"null"}""", "null", "0|\"\"|nul|nulll")]
    [TestCase("""{"type":"boolean"}""", "true|false", "null|True")]
    [TestCase("""{"type":"integer"}""", "0|-1|12345", "01|1.0|1e3|+1|-|1234567890123456789")]
    [TestCase("""{"type":"number"}""", "0|-0.5|1e10|2.50E-3", ".5|1.|01|1e|1e100|NaN")]
    [TestCase("""{"type":"string"}""", "\"\"|\"é日\"|\"\\n\\u00e9\\ud83d\\ude00\"", "\"|'a'|\"\\x\"|\"\\ud83d\"|\"\\ude00\"|\"a\nb\"")]
    [TestCase("""{"type":["null","boolean"]}""", "null|true", "0|\"\"")]
    [TestCase("""{"type":"array"}""", "[]|[1,\"a\",[],{}]", "[1|[,]|[1,]|{}")]
    [TestCase("""{"type":"object"}""", "{}|{\"a\":1,\"b\":{}}", "{a:1}|{\"a\"}|{\"a\":1,}|[]")]
    [TestCase("""{"enum":["a",1,null,{"x":[1]}]}""", "\"a\"|1|null|{\"x\":[1]}", "\"b\"|2|{}")]
    [TestCase("""{"enum":["a",1,null],"type":"string"}""", "\"a\"", "1|null")]
    [TestCase("""{"enum":[1,5,9],"minimum":2,"exclusiveMaximum":9}""", "5", "1|9")]
    [TestCase("""{"const":"q\"\\\n"}""", "\"q\\\"\\\\\\n\"", "\"q\"")]
    [TestCase("""{"type":"integer","minimum":3,"maximum":120}""", "3|9|10|99|100|120", "2|121|03|-3|0")]
    [TestCase("""{"type":"integer","minimum":-12,"maximum":7}""", "-12|-9|-1|0|7", "-13|8|-0|10")]
    [TestCase("""{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10.5}""", "1|9|10", "0|11")]
    [TestCase("""{"type":"integer","minimum":7}""", "7|10|999999999999999999", "6|0|-7")]
    [TestCase("""{"type":"integer","format":"int32"}""", "2147483647|-2147483648", "2147483648|-2147483649")]
    [TestCase("""{"type":"number","minimum":0,"maximum":2}""", "0|1|2|0.5|1.999", "2.5|-0.5|-1|3")]
    [TestCase("""{"type":"number","exclusiveMinimum":-2,"maximum":0.5}""", "-1|0|-0.5|-1.5", "-2|-2.5|0.7|1")]
    [TestCase("""{"type":"number","exclusiveMaximum":2}""", "1.99999999999999|0.5|-7.25", "2|1.9999999999999999")]
    [TestCase("""{"type":"number","exclusiveMinimum":-1000000000,"maximum":3}""", "-999999999.5|2.5|3", "-1000000000|-999999999.99999999999")]
    [TestCase("""{"type":"number","exclusiveMinimum":99999999999999999}""", "100000000000000000", "99999999999999999|100000000000000000.5")]
    [TestCase("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\"|\"日本語\"|\"\\n\\n\"", "\"a\"|\"abcd\"")]
    [TestCase("""{"type":"string","pattern":"^[a-c]+$"}""", "\"abc\"", "\"\"|\"abd\"|\"xab\"")]
    [TestCase("""{"type":"string","pattern":"b"}""", "\"b\"|\"abc\"", "\"\"|\"ac\"")]
    [TestCase("""{"type":"string","pattern":"^a|b$"}""", "\"ax\"|\"xb\"", "\"xa\"|\"bx\"")]
    [TestCase("""{"type":"string","pattern":"^.\"\\n$"}""", "\"x\\\"\\n\"", "\"x\"|\"x\"n\"")]
    [TestCase("""{"type":"string","pattern":"^a*$","minLength":1,"maxLength":2}""", "\"a\"|\"aa\"", "\"\"|\"aaa\"")]
    [TestCase("""{"type":"string","format":"date"}""", "\"2024-02-29\"|\"2023-12-31\"|\"2000-02-29\"", "\"2023-02-29\"|\"1900-02-29\"|\"2024-13-01\"|\"2024-04-31\"")]
    [TestCase("""{"type":"string","format":"date-time"}""", "\"2024-02-29T23:59:59Z\"|\"2024-01-01T00:00:00.5+02:00\"", "\"2024-01-01\"|\"2024-01-01T24:00:00Z\"")]
    [TestCase("""{"type":"string","format":"time"}""", "\"23:59:59Z\"", "\"23:60:00Z\"")]
    [TestCase("""{"type":"string","format":"uuid"}""", "\"01234567-89ab-cdef-0123-456789ABCDEF\"", "\"0123456789abcdef\"")]
    [TestCase("""{"type":"string","format":"uri"}""", "\"https://a-b.example:80/x/%C3%A9?q=1#f\"|\"ftp://h\"", "\"example\"|\"http:///x\"|\"http://a b\"|\"/x\"")]
    [TestCase("""{"type":"string","format":"ipv4"}""", "\"127.0.0.1\"|\"255.255.255.255\"", "\"256.1.1.1\"|\"1.2.3\"")]
    [TestCase("""{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}""", "[1]|[1,2,3]", "[]|[1,2,3,4]|[\"a\"]")]
    [TestCase("""{"type":"array","items":{"type":"integer"},"minItems":2}""", "[1,2]|[1,2,3,4,5]", "[]|[1]")]
    [TestCase("""{"type":"array","items":false}""", "[]", "[1]")]
    [TestCase("""{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}]}""", "[]|[1]|[1,\"a\"]", "[\"a\"]|[1,\"a\",2]")]
    [TestCase("""{"type":"array","prefixItems":[{"type":"integer"}],"items":{"type":"null"},"minItems":2}""", "[1,null]|[1,null,null]", "[1]|[null,null]")]
    [TestCase("""{"$schema":"http://json-schema.org/draft-07/schema#","type":"array","items":[{"type":"integer"}],"additionalItems":{"type":"null"}}""", "[]|[1,null]", "[1,1]")]
    [TestCase("""{"properties":{"a":{"type":"integer"},"b":{"type":"null"}},"required":["b"]}""", "{\"b\":null}|{\"a\":1,\"b\":null}", "{}|{\"a\":1}|{\"b\":null,\"a\":1}|{\"b\":null,\"c\":1}|1")]
    [TestCase("""{"properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"null"}}""", "{}|{\"a\":1}|{\"b\":null}|{\"a\":1,\"b\":null,\"ab\":null}", "{\"a\":null}|{\"b\":1}|{\"b\":null,\"a\":1}")]
    [TestCase("""{"type":"object","additionalProperties":false}""", "{}", "{\"a\":1}")]
    [TestCase("""{"type":"object","required":["x"]}""", "{\"x\":1}", "{}|{\"y\":1}")]
    [TestCase("""{"anyOf":[{"type":"integer"},{"const":"a"}]}""", "1|\"a\"", "\"b\"|null")]
    [TestCase("""{"type":"string","oneOf":[{"maxLength":1},{"minLength":3}]}""", "\"\"|\"a\"|\"abc\"", "\"ab\"|1")]
    [TestCase("""{"allOf":[{"type":"object","properties":{"a":{"type":"number","minimum":0}},"required":["a"]},{"properties":{"a":{"type":"integer","maximum":5},"b":{"type":"null"}}}]}""", "{\"a\":5}|{\"a\":0,\"b\":null}", "{\"a\":6}|{\"b\":null}|{\"a\":-1}|{\"a\":0.5}")]
    [TestCase("""{"$ref":"#/$defs/n","$defs":{"n":{"properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["next"]}}}""", "{\"next\":null}|{\"next\":{\"next\":{\"next\":null}}}", "{}|{\"next\":1}|{\"next\":{\"next\":null}")]
    [TestCase("""{"properties":{"a":{"$ref":"#/definitions/x~1y","minimum":3}},"definitions":{"x/y":{"type":"integer"}}}""", "{\"a\":3}", "{\"a\":2}|{\"a\":\"\"}")]
    [TestCase("true", "1|{\"a\":[null]}", "|x")]
    [TestCase("""{"title":"t","description":"d","default":1,"examples":[1],"x-order":3,"$comment":"c"}""", "1|\"a\"", "a")]
    public void Schema_TextsThatFitAndThatDoNot_AreToldApart(string schema, string fitting, string unfitting)
    {
        var constraint = Constraint.JsonSchema(schema, JsonWhitespace.Compact);
        foreach (string text in fitting.Split('|'))
        {
            Assert.That(ConstraintRig.Accepts(constraint, text), $"{text} fits");
        }

        foreach (string text in unfitting.Split('|'))
        {
            Assert.That(ConstraintRig.Accepts(constraint, text), Is.False, $"{text} does not fit");
        }
    }

    [TestCase("""{"properties":{"a":{"type":"array","uniqueItems":true}}}""", "uniqueItems", "#/properties/a/uniqueItems")]
    [TestCase("""{"anyOf":[{},{"multipleOf":2}]}""", "multipleOf", "#/anyOf/1/multipleOf")]
    [TestCase("""{"not":{}}""", "not", "#/not")]
    [TestCase("""{"patternProperties":{}}""", "patternProperties", "#/patternProperties")]
    [TestCase("""{"if":{}}""", "if", "#/if")]
    [TestCase("""{"nonsense/~":1}""", "nonsense/~", "#/nonsense~1~0")]
    [TestCase("""{"format":"hostname"}""", "format", "#/format")]
    [TestCase("""{"$ref":"other.json"}""", "$ref", "#")]
    [TestCase("""{"$ref":"#/$defs/none"}""", "$ref", "#")]
    [TestCase("""{"$schema":"http://json-schema.org/draft-04/schema#"}""", "$schema", "#/$schema")]
    [TestCase("""{"type":"text"}""", "type", "#/type")]
    [TestCase("""{"minLength":-1}""", "minLength", "#/minLength")]
    [TestCase("""{"minimum":"a"}""", "minimum", "#/minimum")]
    public void Schema_KeywordThatCannotBeHonoured_IsRefusedByNameAndPath(string schema, string keyword, string path)
    {
        ConstraintException error = Assert.Throws<ConstraintException>(() => ConstraintRig.Compile(Constraint.JsonSchema(schema)))!;
        Assert.That(error.Keyword, Is.EqualTo(keyword));
        Assert.That(error.Path, Is.EqualTo(path));
    }

    [TestCase("{")]
    [TestCase("1")]
    [TestCase("false")]
    [TestCase("""{"$ref":"#"}""")]
    [TestCase("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""")]
    [TestCase("""{"enum":[]}""")]
    [TestCase("""{"type":"string","minLength":3,"maxLength":2}""")]
    [TestCase("""{"type":"integer","minimum":3,"maximum":2}""")]
    [TestCase("""{"allOf":[{"$ref":"#"}]}""")]
    [TestCase("""{"type":"string","pattern":"(?=a)"}""")]
    public void Schema_ThatNothingSatisfiesOrThatIsNone_IsRefused(string schema) =>
        Assert.Throws<ConstraintException>(() => ConstraintRig.Compile(Constraint.JsonSchema(schema)));

    [TestCase(JsonWhitespace.Bounded, "{\"a\": [1, 2]}|{\"a\":[1,2]}|{\n  \"a\": [\n\t1\n]\n}", "{ \n\"a\":[]}|{\"a\" :[]}| {\"a\":[]}|{\"a\":[]} |{\"a\":  []}")]
    [TestCase(JsonWhitespace.Compact, "{\"a\":[1,2]}", "{\"a\": []}|{ \"a\":[]}|{\n\"a\":[]}")]
    [TestCase(JsonWhitespace.Any, " { \"a\" :\r\n [ 1\t,2 ] } \n|{\"a\":[]}", "{\u00A0\"a\":[]}")]
    public void Schema_Whitespace_FollowsItsPolicy(JsonWhitespace policy, string fitting, string unfitting)
    {
        var constraint = Constraint.JsonSchema("""{"properties":{"a":{"type":"array","items":{"type":"integer"}}}}""", policy);
        Assert.That(fitting.Split('|'), Is.All.Matches<string>(text => ConstraintRig.Accepts(constraint, text!)));
        Assert.That(unfitting.Split('|'), Is.All.Matches<string>(text => !ConstraintRig.Accepts(constraint, text!)));
    }

    [Test]
    public void Json_NestedTooDeep_IsNotWritten()
    {
        string deep = new string('[', 32) + new string(']', 32);
        Assert.That(ConstraintRig.Accepts(Constraint.Json(), deep));
        Assert.That(ConstraintRig.Accepts(Constraint.Json(), $"[{deep}]"), Is.False);
    }
}
