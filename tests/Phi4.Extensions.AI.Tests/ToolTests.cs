// SPDX-License-Identifier: MIT
using System.Text.Json;
using Microsoft.Extensions.AI;
using NJsonSchema;
using Phi4.Extensions.AI.Requests;
using Phi4.Extensions.AI.Responses;
using Phi4.Extensions.AI.Tools;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Tools on models that know nothing: whatever they write, a call is a valid call.</summary>
internal sealed class ToolTests
{
    private static readonly AIFunction Weather = AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather", "The weather of a city.");

    [TestCase(1)]
    [TestCase(5)]
    [TestCase(20)]
    public async Task Conversation_OfSeveralRoundsOnNoise_NeverHasAnInvalidCall(int toolCount)
    {
        foreach (Phi4Model model in (Phi4Model[])[Models.Noise, Models.Mini])
        {
            int calls = 0;
            using IChatClient chat = model.AsChatClient();
            AITool[] tools = Tools(toolCount);
            int seeds = toolCount == 20 ? 2 : 4; // long prompts
            for (int seed = 0; seed < seeds; seed++)
            {
                List<ChatMessage> history = [.. Chat.User("Do it.")];
                for (int round = 0; round < 2; round++)
                {
                    var options = new ChatOptions { Tools = tools, ToolMode = ChatToolMode.RequireAny, Temperature = 1.5f, Seed = seed, MaxOutputTokens = 250 };
                    ChatResponse response = await chat.GetResponseAsync(history, options);
                    List<FunctionCallContent> made = [.. response.Messages[0].Contents.OfType<FunctionCallContent>()];
                    Assert.That(response.Text, Is.Empty, "nothing but calls where calls are required");
                    Assert.That(response.FinishReason == ChatFinishReason.Length || (response.FinishReason == ChatFinishReason.ToolCalls && made.Count > 0), Is.True);
                    await AssertValidAsync(made, tools);
                    calls += made.Count;
                    history.AddMessages(response);
                    history.Add(new(ChatRole.Tool, [.. made.Select(call => new FunctionResultContent(call.CallId, round))]));
                    if (made.Count == 0)
                    {
                        break;
                    }
                }
            }

            Assert.That(calls, Is.GreaterThan(2 * seeds), "most answers are whole calls");
        }
    }

    [Test]
    public async Task FunctionInvocation_OfSeveralRounds_RunsTheFunctionsAndEnds()
    {
        int runs = 0;
        AIFunction count = AIFunctionFactory.Create((bool again) => ++runs, "count");
        using IChatClient chat = new Insisting(Models.Noise.AsChatClient(), rounds: 3).AsBuilder().UseFunctionInvocation().Build();
        ChatResponse response = await chat.GetResponseAsync("Count.", new() { Tools = [count], AllowMultipleToolCalls = false, MaxOutputTokens = 100 });
        Assert.That(runs, Is.EqualTo(3));
        Assert.That(response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.Result!.ToString()), Is.EqualTo((string[])["1", "2", "3"]));
        Assert.That(response.Messages[^1].Role, Is.EqualTo(ChatRole.Assistant));
        Assert.That(response.Usage!.OutputTokenCount, Is.GreaterThan(3), "the usage of all rounds");
        runs = 0;
        List<ChatResponseUpdate> updates = await new Insisting(Models.Noise.AsChatClient(), rounds: 2).AsBuilder().UseFunctionInvocation().Build()
            .GetStreamingResponseAsync("Count.", new() { Tools = [count], AllowMultipleToolCalls = false, MaxOutputTokens = 100 }).ToListAsync();
        Assert.That(runs, Is.EqualTo(2));
        Assert.That(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().Count(), Is.EqualTo(2));
    }

    [Test]
    public async Task ToolMode_Auto_LetsTheModelAnswerInWords()
    {
        using IChatClient chat = Models.Sample.AsChatClient();
        ChatResponse response = await chat.GetResponseAsync("Hello", new() { Tools = [Weather], ToolMode = ChatToolMode.Auto, MaxOutputTokens = 30 });
        Assert.That(response.Messages[0].Contents.OfType<FunctionCallContent>(), Is.Empty);
        Assert.That(response.Text, Is.Not.Empty);
    }

    [Test]
    public async Task ToolMode_Auto_TakesAMarkerInTheTextForACallAndForcesItsForm()
    {
        // The bias makes the model write the marker's first character, and nothing else makes a bare < end a text.
        using IChatClient chat = Models.Noise.AsChatClient();
        ChatRequest request = Chat.Read(Models.Noise, Chat.User("x"), new() { Tools = Tools(2) });
        ConstraintMatcher matcher = Models.Noise.CreateMatcher(request.Options.Constraint!);
        Feed(matcher, "Well. <tool <tool_call>{\"name\": \"tool_1\", \"arguments\": {");
        Assert.That(matcher.MayEnd, Is.False, "a call that has begun has to be finished");
        matcher = Models.Noise.CreateMatcher(request.Options.Constraint!);
        Feed(matcher, "Well. <tool <tool_cal");
        Assert.That(matcher.MayEnd, Is.True, "a beginning of the marker is text like any other");
    }

    [Test]
    public void ToolMode_None_ShowsNoToolsAndConstrainsNothing()
    {
        ChatRequest request = Chat.Read(Models.Sample, Chat.User("x"), new() { Tools = [Weather], ToolMode = ChatToolMode.None });
        Assert.That((request.Tools, request.Options.Constraint, request.Turns.Count), Is.EqualTo(((ToolSet?)null, (Constraint?)null, 1)));
    }

    [Test]
    public async Task ToolMode_RequireSpecific_CallsThatToolOnce()
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        for (int seed = 0; seed < 5; seed++)
        {
            ChatResponse response = await chat.GetResponseAsync("x", new() { Tools = Tools(3), ToolMode = ChatToolMode.RequireSpecific("tool_2"), Temperature = 1, Seed = seed });
            Assert.That(response.Messages[0].Contents.OfType<FunctionCallContent>().Single().Name, Is.EqualTo("tool_2"));
            Assert.That(response.FinishReason, Is.EqualTo(ChatFinishReason.ToolCalls));
        }
    }

    [Test]
    public void ToolMode_WithoutSuchATool_IsRefused()
    {
        Refuses(new() { ToolMode = ChatToolMode.RequireAny }, "ToolMode");
        Refuses(new() { Tools = [Weather], ToolMode = ChatToolMode.RequireSpecific("wether") }, "ToolMode");
    }

    [Test]
    public async Task AllowMultipleToolCalls_False_EndsAfterOne()
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        int several = 0;
        for (int seed = 0; seed < 6; seed++)
        {
            var options = new ChatOptions { Tools = Tools(2), ToolMode = ChatToolMode.RequireAny, Temperature = 1, Seed = seed, MaxOutputTokens = 300, AllowMultipleToolCalls = false };
            ChatResponse single = await chat.GetResponseAsync("x", options);
            Assert.That(single.Messages[0].Contents.OfType<FunctionCallContent>().Count(), Is.EqualTo(1));
            options.AllowMultipleToolCalls = true;
            several += (await chat.GetResponseAsync("x", options)).Messages[0].Contents.OfType<FunctionCallContent>().Count() > 1 ? 1 : 0;
        }

        Assert.That(several, Is.GreaterThan(0));
    }

    [Test]
    public void Tools_HostedOrOfOneNameOrWithoutObjectArguments_AreRefused()
    {
        Refuses(new() { Tools = [new HostedWebSearchTool()] }, "Tools");
        Refuses(new() { Tools = [Weather, AIFunctionFactory.Create(() => 1, "weather")] }, "Tools");
        Refuses(new() { Tools = [AIFunctionFactory.CreateDeclaration("x", "", JsonElement.Parse("""{"type":"string"}"""))] }, "Tools");
    }

    [Test]
    public void Tools_WithAnUnsupportedSchema_AreRefusedByNameAndPlace()
    {
        using IChatClient chat = Models.Sample.AsChatClient();
        var bad = AIFunctionFactory.CreateDeclaration("bad", "", JsonElement.Parse("""{"type":"object","properties":{"a":{"uniqueItems":true}}}"""));
        Assert.That(
            () => chat.GetStreamingResponseAsync("x", new() { Tools = [Weather, bad] }),
            Throws.TypeOf<ConstraintException>().With.Property("Path").EqualTo("tool bad, #/properties/a/uniqueItems").And.Property("Keyword").EqualTo("uniqueItems"));
    }

    [Test]
    public async Task Tools_BesideAResponseFormat_AreCalledOrTheAnswerHasTheForm()
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        for (int seed = 0; seed < 8; seed++)
        {
            ChatResponse response = await chat.GetResponseAsync(
                "x", new() { Tools = Tools(2), ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"boolean"}""")), Temperature = 2, Seed = seed, MaxOutputTokens = 300 });
            bool isCall = response.Messages[0].Contents.OfType<FunctionCallContent>().Any();
            Assert.That(isCall || response.FinishReason == ChatFinishReason.Length || response.Text is "true" or "false", Is.True, response.Text);
        }
    }

    [Test]
    public void Tools_InPhi4sPrompt_AreRenderedAsDocumented()
    {
        string prompt = Chat.Render(Models.Sample, [new(ChatRole.System, "Be kind."), .. Chat.User("Hi")], new() { Tools = [Weather] });
        Assert.That(prompt, Does.StartWith("<|im_start|>system<|im_sep|>Be kind.\n\n# Tools\n\nYou can call tools.").And.Contain(
            "<tools>\n{\"name\": \"weather\", \"description\": \"The weather of a city.\", \"parameters\": "
            + "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}\n</tools>\n"));
        Assert.That(prompt, Does.EndWith("No tool is needed, just answer.".Replace("No tool", "When no tool", StringComparison.Ordinal) + "<|im_end|><|im_start|>user<|im_sep|>Hi<|im_end|><|im_start|>assistant<|im_sep|>"));
    }

    [Test]
    public void Tools_InPhi4MinisPrompt_StandInItsOwnTokens()
    {
        ChatMessage[] history =
        [
            .. Chat.User("Hi"), new(ChatRole.Assistant, [new FunctionCallContent("1", "weather", new Dictionary<string, object?> { ["city"] = "Oslo" })]),
            new(ChatRole.Tool, [new FunctionResultContent("1", "sunny")]),
        ];
        ChatRequest request = Chat.Read(Models.Mini, history, new() { Tools = [Weather] });
        string prompt = Models.Mini.ChatTemplate!.Render(request.Turns, true);
        Assert.That(prompt, Does.Contain("<|tool|>[{\"name\": \"weather\", ").And.Contain("}]<|/tool|><|end|><|user|>Hi<|end|>").And.EndWith(
            "<|assistant|>functools[{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}]<|end|><|tool_response|>\"sunny\"<|end|><|assistant|>"));
        string[] special = [.. Models.Mini.ChatTemplate.RenderSegments(request.Turns, true, Models.Mini.Tokenizer!.SpecialTokens).Where(segment => segment.IsSpecial).Select(segment => segment.Text)];
        Assert.That(special, Does.Contain("<|tool|>").And.Contain("<|tool_response|>"));
    }

    [Test]
    public void Tools_ThatTheTemplateDoesNotShow_AreRefused() => Assert.That(
        () => Chat.Read(Models.Sample, Chat.User("x"), new() { Tools = [Weather] }, new() { ToolCallFormat = ToolCallFormat.Functools }),
        Throws.TypeOf<InvalidOptionsException>().With.Message.Contains("does not show"));

    [Test]
    public void Tool_WithoutArguments_TakesNone()
    {
        AIFunction now = AIFunctionFactory.Create(() => "noon", "now");
        Assert.That(ToolSchema.Of(now), Is.EqualTo("""{"type":"object","properties":{},"additionalProperties":false}"""));
    }

    [Test]
    public void Call_InAnyPieces_IsGivenOutWhole()
    {
        const string Text = "\n <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"}\\\"</tool_call>{\", \"b\": [{}], \"c\": null}}</tool_call>\n<tool_call>{\"name\": \"g\", \"arguments\": {}}</tool_call>";
        for (int size = 1; size <= Text.Length; size++)
        {
            List<AIContent> contents = ReadInPieces(Text, size);
            FunctionCallContent[] calls = [.. contents.Cast<FunctionCallContent>()];
            Assert.That(calls.Select(call => call.Name), Is.EqualTo((string[])["f", "g"]), "white space in front of calls is no answer");
            Assert.That(calls[0].Arguments!["a"]!.ToString(), Is.EqualTo("}\"</tool_call>{"));
            Assert.That((calls[0].Arguments!["c"], calls[1].Arguments!.Count), Is.EqualTo(((object?)null, 0)));
            Assert.That(calls[0].CallId, Is.Not.EqualTo(calls[1].CallId));
            Assert.That(CallText.Of(calls[0]), Does.StartWith("{\"name\": \"f\", \"arguments\": {\"a\": \"}"), "a history has the model's own words");
        }
    }

    [Test]
    public void Text_WithBeginningsOfTheMarker_ComesWhole()
    {
        const string Text = "a <b <tool_ <tool_callx> <<tool_call";
        for (int size = 1; size <= Text.Length; size++)
        {
            List<AIContent> contents = ReadInPieces(Text, size);
            Assert.That(string.Concat(contents.Cast<TextContent>().Select(content => content.Text)), Is.EqualTo(Text));
        }
    }

    [Test]
    public async Task Call_CutByTheLength_IsNotGivenOutButReported()
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        ChatResponse response = await chat.GetResponseAsync("x", new() { Tools = Tools(1), ToolMode = ChatToolMode.RequireAny, MaxOutputTokens = 20, Temperature = 1, Seed = 1 });
        Assert.That(response.Messages[0].Contents.OfType<FunctionCallContent>(), Is.Empty);
        Assert.That(response.FinishReason, Is.EqualTo(ChatFinishReason.Length));
        Assert.That((string)response.AdditionalProperties!["phi4.cut_tool_call"]!, Does.StartWith("{\"name"));
    }

    private static AITool[] Tools(int count) =>
    [
        .. Enumerable.Range(1, count).Select(i => AIFunctionFactory.Create((int level, bool isOn, DayOfWeek day) => level, $"tool_{i}", $"Tool {i}.")),
    ];

    private static async Task AssertValidAsync(IEnumerable<FunctionCallContent> calls, AITool[] tools)
    {
        foreach (FunctionCallContent call in calls)
        {
            var tool = (AIFunctionDeclaration)tools.Single(tool => tool.Name == call.Name);
            NJsonSchema.JsonSchema schema = await NJsonSchema.JsonSchema.FromJsonAsync(tool.JsonSchema.GetRawText());
            string arguments = JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions);
            Assert.That(schema.Validate(arguments), Is.Empty, arguments);
        }
    }

    private static void Feed(ConstraintMatcher matcher, string text)
    {
        foreach (char character in text)
        {
            matcher.Accept(Models.Noise.Tokenizer!.Encode(character.ToString()).Single());
        }
    }

    private static void Refuses(ChatOptions options, string option)
    {
        using IChatClient chat = Models.Sample.AsChatClient();
        Assert.That(() => chat.GetStreamingResponseAsync("x", options), Throws.TypeOf<InvalidOptionsException>().With.Property("Option").EqualTo(option));
    }

    /// <summary>Asks a model that knows nothing for calls in the first rounds, as one that knows would decide by itself.</summary>
    private sealed class Insisting(IChatClient inner, int rounds) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetResponseAsync(messages, Insist(messages, options), cancellationToken);

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetStreamingResponseAsync(messages, Insist(messages, options), cancellationToken);

        private ChatOptions Insist(IEnumerable<ChatMessage> messages, ChatOptions? options)
        {
            ChatOptions own = options?.Clone() ?? new ChatOptions();
            own.ToolMode = messages.Count(message => message.Role == ChatRole.Tool) < rounds ? ChatToolMode.RequireAny : ChatToolMode.None;
            return own;
        }
    }

    private static List<AIContent> ReadInPieces(string text, int size)
    {
        var reader = new CallReader(new TaggedFormat());
        List<AIContent> contents = [];
        foreach (char[] piece in text.Chunk(size))
        {
            reader.Append(new string(piece), contents);
        }

        reader.Finish(contents);
        return contents;
    }
}
