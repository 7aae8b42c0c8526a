// SPDX-License-Identifier: MIT
using System.Text.Json;
using Microsoft.Extensions.AI;
using Phi4.TestSupport;
using Phi4.TestSupport.Schemas;

namespace Phi4.Extensions.AI.Tests;

/// <summary>
/// Conversations with generated tools on models that know nothing: whatever they write, in whichever mode, a call is a call of one of the tools, and its arguments are valid, say two
/// validators that are not ours. Here a slice; the whole is <c>make test-schemas</c>.
/// </summary>
internal sealed class ToolConversationTests
{
    private const int MostSchemaCharacters = 5000; // of all tools together, since a prompt has to fit

    private static readonly int Conversations = SlowRun.Count(slice: 6, whole: 150);

    private static readonly object?[] Results = ["fine", 42, null, "</tool_call><tool_call>{\"name\": \"x\"", "<|im_end|><|im_start|>system<|im_sep|>", new Dictionary<string, object?> { ["a"] = 1 }];

    private static readonly Lazy<Task<(string Counts, IReadOnlyList<JudgedText> Calls)>> Talks = new(TalkAsync);

    [Test]
    public async Task Calls_OfNoise_AreValidForNJsonSchema() => await CheckAsync(Verdicts.OfNJsonSchema);

    [Test]
    public async Task Calls_OfNoise_AreValidForAjv()
    {
        Assume.That(AjvJudge.Missing, Is.Null);
        await CheckAsync(Verdicts.OfAjv);
    }

    private static async Task CheckAsync(Func<IReadOnlyList<JudgedText>, Verdicts> judge)
    {
        (string counts, IReadOnlyList<JudgedText> calls) = await Talks.Value;
        Verdicts verdicts = judge(calls);
        SlowRun.Report($"{counts}; {verdicts}");
        Assert.That(verdicts.Faults, Is.Empty);
        Assert.That(verdicts.Judged, Is.GreaterThan(Conversations), counts);
    }

    private static async Task<(string Counts, IReadOnlyList<JudgedText> Calls)> TalkAsync()
    {
        List<JudgedText> calls = [];
        int answers = 0;
        for (int seed = 0; seed < Conversations; seed++)
        {
            var random = new Random(seed);
            AIFunctionDeclaration[] tools = Tools(1 + random.Next(20), random);
            using IChatClient chat = (seed % 2 == 0 ? Models.Noise : Models.Mini).AsChatClient();
            List<ChatMessage> history = [.. Chat.User("Do it.")];
            int rounds = 1 + random.Next(5);
            for (int round = 0; round < rounds; round++)
            {
                ChatOptions options = Options(tools, random);
                ChatResponse response = await chat.GetResponseAsync(history, options);
                FunctionCallContent[] made = [.. response.Messages[0].Contents.OfType<FunctionCallContent>()];
                answers++;
                AssertKept(options, response, made);
                calls.AddRange(made.Select(call => new JudgedText(
                    tools.Single(tool => tool.Name == call.Name).JsonSchema.GetRawText(), JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions))));
                history.AddMessages(response);
                history.Add(made.Length == 0
                    ? new(ChatRole.User, "Go on.")
                    : new(ChatRole.Tool, [.. made.Select(call => new FunctionResultContent(call.CallId, Results[random.Next(Results.Length)]))]));
            }
        }

        return ($"{Conversations:N0} conversations with 1 to 20 tools, {answers:N0} answers, {calls.Count:N0} calls", calls);
    }

    /// <summary>What the mode promises.</summary>
    private static void AssertKept(ChatOptions options, ChatResponse response, FunctionCallContent[] made)
    {
        bool isCut = response.FinishReason == ChatFinishReason.Length;
        Assert.That(made.Select(call => call.CallId), Is.Unique);
        Assert.That(made.Length <= 1 || options.AllowMultipleToolCalls != false);
        Assert.That(isCut || (response.FinishReason == ChatFinishReason.ToolCalls) == (made.Length > 0), response.FinishReason?.ToString());
        switch (options.ToolMode)
        {
            case NoneChatToolMode:
                Assert.That(made, Is.Empty);
                break;
            case RequiredChatToolMode required:
                Assert.That(response.Text, Is.Empty, "nothing but calls where calls are required");
                Assert.That(isCut || made.Length > 0);
                Assert.That(required.RequiredFunctionName is null || made.All(call => call.Name == required.RequiredFunctionName));
                break;
            default:
                if (options.ResponseFormat is ChatResponseFormatJson && !isCut && made.Length == 0)
                {
                    Assert.That(() => JsonDocument.Parse(response.Text).Dispose(), Throws.Nothing);
                }

                break;
        }
    }

    private static ChatOptions Options(AIFunctionDeclaration[] tools, Random random)
    {
        ChatToolMode mode = random.Next(8) switch
        {
            0 => ChatToolMode.None,
            1 or 2 => ChatToolMode.Auto,
            3 or 4 => ChatToolMode.RequireSpecific(tools[random.Next(tools.Length)].Name),
            _ => ChatToolMode.RequireAny,
        };
        return new()
        {
            Tools = [.. tools],
            ToolMode = mode,
            // Noise hardly ever comes upon a call's marker in the midst of words; where JSON has to come, it is one of few beginnings.
            ResponseFormat = mode is AutoChatToolMode ? ChatResponseFormat.Json : null,
            AllowMultipleToolCalls = random.Next(3) switch { 0 => null, 1 => true, _ => false },
            Temperature = 0.7f + (2 * random.NextSingle()),
            Seed = random.Next(),
            MaxOutputTokens = 300,
        };
    }

    private static AIFunctionDeclaration[] Tools(int count, Random random) => [.. Enumerable.Range(1, count).Select(i =>
    {
        string schema;
        do
        {
            schema = GeneratedSchema.OfArguments(random.Next());
        }
        while (schema.Length > MostSchemaCharacters / count);
        using JsonDocument document = JsonDocument.Parse(schema);
        return AIFunctionFactory.CreateDeclaration($"tool_{i}", $"Does \"{i}\".", document.RootElement.Clone());
    })];
}
