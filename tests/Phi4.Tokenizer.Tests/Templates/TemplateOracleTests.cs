// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;
using Phi4.Tokenizer.Templates;

namespace Phi4.Tokenizer.Tests.Templates;

/// <summary>Recorded answers of Jinja2 (tests/node makes them): the same text, or a refusal where Jinja2 refuses.</summary>
public sealed class TemplateOracleTests
{
    private static readonly DateTimeOffset Now = new(2024, 7, 26, 9, 5, 3, TimeSpan.Zero);

    [TestCaseSource(nameof(Cases))]
    public void Render_RecordedCase_GivesJinjasAnswer(OracleCase oracle)
    {
        string? text = null;
        ChatTemplateException? refusal = null;
        try
        {
            text = Render(oracle);
        }
        catch (ChatTemplateException error)
        {
            refusal = error;
        }

        if (oracle.Row.TryGetProperty("error", out JsonElement jinja))
        {
            Assert.That(refusal, Is.Not.Null, $"Jinja2 refuses: {jinja}; here: {text}");
        }
        else if (RefusedHere.Contains(oracle.Name))
        {
            Assert.That(refusal, Is.Not.Null, $"no longer refused: take it off the list; here: {text}");
        }
        else
        {
            Assert.That(refusal, Is.Null, refusal?.ToString());
            Assert.That(text, Is.EqualTo(oracle.Row.GetProperty("text").GetString()));
        }
    }

    /// <summary>Valid Jinja that is knowingly refused here: not in the subset, or Jinja prints the address of an object.</summary>
    private static readonly string[] RefusedHere =
        ["recursive loop", "'%d' % n", "map.items", "map['items']", "people|selectattr('age', 'gt', 100)"];

    private static string Render(OracleCase oracle)
    {
        var variables = new Dictionary<string, TemplateValue>();
        ChatMessage[] messages = [];
        TemplateValue[]? tools = null;
        bool addGenerationPrompt = false;
        foreach (JsonProperty member in oracle.Context.EnumerateObject())
        {
            switch (member.Name)
            {
                case "messages":
                    messages = [.. member.Value.EnumerateArray().Select(ChatMessage.FromJson)];
                    break;
                case "tools":
                    tools = member.Value.ValueKind == JsonValueKind.Null ? null : [.. member.Value.EnumerateArray().Select(TemplateValue.FromJson)];
                    break;
                case "add_generation_prompt":
                    addGenerationPrompt = member.Value.GetBoolean();
                    break;
                default:
                    variables[member.Name] = TemplateValue.FromJson(member.Value);
                    break;
            }
        }

        ChatTemplate template = ChatTemplate.Parse(oracle.Template).WithClock(new FixedClock());
        return template.Render(messages, addGenerationPrompt, tools, variables);
    }

    private static IEnumerable<TestCaseData<OracleCase>> Cases()
    {
        foreach (string file in Directory.EnumerateFiles(Repository.PathTo("tests", "Phi4.Tokenizer.Tests", "Templates", "Data"), "*.jsonl").Order())
        {
            JsonElement? shared = null;
            foreach (string line in File.ReadLines(file))
            {
                JsonElement row = JsonDocument.Parse(line).RootElement;
                if (shared is null)
                {
                    shared = row;
                    continue;
                }

                JsonElement context = row.GetProperty("context");
                string template = row.GetProperty("template").GetString()!;
                var oracle = new OracleCase(
                    row.GetProperty("name").GetString()!,
                    shared.Value.GetProperty("templates").TryGetProperty(template, out JsonElement source) ? source.GetString()! : template,
                    context.ValueKind == JsonValueKind.String ? shared.Value.GetProperty("contexts").GetProperty(context.GetString()!) : context,
                    row);
                yield return new TestCaseData<OracleCase>(oracle).SetArgDisplayNames($"{Path.GetFileNameWithoutExtension(file)}: {oracle.Name}");
            }
        }
    }

    public sealed record OracleCase(string Name, string Template, JsonElement Context, JsonElement Row);

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
