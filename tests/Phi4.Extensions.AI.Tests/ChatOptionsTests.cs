// SPDX-License-Identifier: MIT
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Every property of <see cref="ChatOptions"/>, honoured or refused.</summary>
internal sealed class ChatOptionsTests
{
    private static IChatClient Sample => Chat.Sample;

    [Test]
    public void ConversationId_Given_IsRefused() => Refuses(new() { ConversationId = "7" }, "ConversationId");

    [Test]
    public void Instructions_BesideASystemMessage_StandInFrontOfItInOneTurn() => Assert.That(
        Chat.Render(Models.Sample, [new(ChatRole.System, "Be kind."), .. Chat.User("Hi")], new() { Instructions = "Be brief." }),
        Is.EqualTo("<|im_start|>system<|im_sep|>Be brief.\n\nBe kind.<|im_end|><|im_start|>user<|im_sep|>Hi<|im_end|><|im_start|>assistant<|im_sep|>"));

    [Test]
    public async Task Temperature_Zero_IsGreedyAndTheDefaultIsTheModels()
    {
        ChatResponse greedy = await Sample.GetResponseAsync(Chat.Story, new() { Temperature = 0, MaxOutputTokens = 20 });
        ChatResponse plain = await Sample.GetResponseAsync(Chat.Story, new() { MaxOutputTokens = 20 });
        ChatResponse hot = await Sample.GetResponseAsync(Chat.Story, new() { Temperature = 3, Seed = 1, MaxOutputTokens = 20 });
        Assert.That(greedy.Text, Is.EqualTo(plain.Text), "generation_config.json asks for no sampling");
        Assert.That(hot.Text, Is.Not.EqualTo(greedy.Text));
    }

    [Test]
    public void SamplingOptions_Given_ReachTheEngineAsTheyAre()
    {
        GenerationOptions options = Chat.Read(
            Models.Sample, Chat.User("Hi"), new() { Temperature = 0.5f, TopP = 0.25f, TopK = 7, FrequencyPenalty = 0.125f, PresencePenalty = -0.5f, Seed = 9, MaxOutputTokens = 11 }).Options;
        Assert.That(
            options,
            Is.EqualTo(new GenerationOptions { Temperature = 0.5f, TopP = 0.25f, TopK = 7, FrequencyPenalty = 0.125f, PresencePenalty = -0.5f, Seed = 9, MaxTokens = 11 }));
    }

    [Test]
    public void SamplingOptions_OutOfRange_AreRefusedByName()
    {
        Refuses(new() { Temperature = -1 }, "Temperature");
        Refuses(new() { Temperature = float.NaN }, "Temperature");
        Refuses(new() { TopP = 0 }, "TopP");
        Refuses(new() { TopP = 1.5f }, "TopP");
        Refuses(new() { TopK = -1 }, "TopK");
        Refuses(new() { FrequencyPenalty = float.NaN }, "FrequencyPenalty");
        Refuses(new() { PresencePenalty = float.PositiveInfinity }, "PresencePenalty");
        Refuses(new() { MaxOutputTokens = 0 }, "MaxTokens");
    }

    [Test]
    public async Task TopK_OfOne_IsGreedyAtAnyTemperature()
    {
        ChatResponse response = await Sample.GetResponseAsync(Chat.Sum, new() { Temperature = 5, TopK = 1 });
        Assert.That(response.Text, Is.EqualTo(Chat.SumAnswer));
    }

    [Test]
    public async Task Seed_MissingOrGiven_IsReportedAndRepeatsTheAnswer()
    {
        using IChatClient noise = Models.Noise.AsChatClient();
        ChatResponse first = await noise.GetResponseAsync("x", new() { Temperature = 1, MaxOutputTokens = 20 });
        ChatResponse second = await noise.GetResponseAsync("x", new() { Temperature = 1, MaxOutputTokens = 20 });
        long seed = (long)first.AdditionalProperties!["phi4.seed"]!;
        Assert.That(second.Text, Is.Not.EqualTo(first.Text), "without a seed each answer has its own");
        ChatResponse again = await noise.GetResponseAsync("x", new() { Temperature = 1, MaxOutputTokens = 20, Seed = seed });
        Assert.That(again.Text, Is.EqualTo(first.Text));
        Assert.That(again.AdditionalProperties!["phi4.seed"], Is.EqualTo(seed));
    }

    [Test]
    public async Task MaxOutputTokens_Reached_EndsWithLength()
    {
        ChatResponse response = await Sample.GetResponseAsync(Chat.Story, new() { MaxOutputTokens = 5 });
        Assert.That(response.FinishReason, Is.EqualTo(ChatFinishReason.Length));
        Assert.That(response.Usage!.OutputTokenCount, Is.EqualTo(5));
    }

    [Test]
    public async Task MaxOutputTokens_Missing_CutsOnlyAtTheContext()
    {
        ChatResponse response = await Sample.GetResponseAsync(Chat.Sum, new() { AdditionalProperties = new() { ["ignore_eos"] = true } });
        Assert.That(response.FinishReason, Is.EqualTo(ChatFinishReason.Length));
        Assert.That(response.Usage!.TotalTokenCount, Is.EqualTo(Models.Sample.ContextLength));
        Assert.That(response.AdditionalProperties!["phi4.finish_reason"], Is.EqualTo("ContextFull"));
    }

    [Test]
    public async Task StopSequences_AcrossTokenBorders_EndTheTextBeforeThem()
    {
        List<ChatResponseUpdate> updates = await Sample.GetStreamingResponseAsync(Chat.Sum, new() { StopSequences = ["zz", "0 = 4"] }).ToListAsync();
        Assert.That(string.Concat(updates.Select(update => update.Text)), Is.EqualTo("12 + 3"));
        Assert.That(updates[^1].FinishReason, Is.EqualTo(ChatFinishReason.Stop));
        Assert.That(updates[^1].AdditionalProperties!["phi4.finish_reason"], Is.EqualTo("StopString"));
        Refuses(new() { StopSequences = [""] }, "StopStrings");
    }

    [Test]
    public async Task ResponseFormat_Text_ConstrainsNothing()
    {
        ChatResponse response = await Sample.GetResponseAsync(Chat.Sum, new() { ResponseFormat = ChatResponseFormat.Text });
        Assert.That(response.Text, Is.EqualTo(Chat.SumAnswer));
    }

    [Test]
    public async Task ResponseFormat_Json_GivesJson()
    {
        using IChatClient noise = Models.Noise.AsChatClient();
        for (int seed = 0; seed < 20; seed++)
        {
            ChatResponse response = await noise.GetResponseAsync("x", new() { ResponseFormat = ChatResponseFormat.Json, Temperature = 1, Seed = seed, MaxOutputTokens = 300 });
            Assert.That(() => response.FinishReason == ChatFinishReason.Length ? default : JsonDocument.Parse(response.Text), Throws.Nothing, response.Text);
        }
    }

    [Test]
    public void ResponseFormat_WithASchema_IsToldToTheModelUnlessSwitchedOff()
    {
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"integer"}"""), "n", "A number.") };
        Assert.That(
            Chat.Render(Models.Sample, Chat.User("Hi"), options),
            Does.StartWith("<|im_start|>system<|im_sep|>Answer with JSON and nothing else. It has to be valid under this JSON Schema:\n{\"type\":\"integer\"}\nA number.<|im_end|>"));
        Assert.That(
            Chat.Render(Models.Sample, Chat.User("Hi"), options, new() { DescribeResponseFormat = false }), Does.StartWith("<|im_start|>user"));
    }

    [Test]
    public void ResponseFormat_WithAnUnsupportedKeyword_IsRefusedByNameAndPlace()
    {
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"properties":{"a":{"uniqueItems":true}}}""")) };
        Assert.That(
            () => Sample.GetStreamingResponseAsync("x", options),
            Throws.TypeOf<ConstraintException>().With.Property("Keyword").EqualTo("uniqueItems").And.Property("Path").EqualTo("#/properties/a/uniqueItems"));
    }

    [Test]
    public async Task ModelId_OfTheLoadedModelOrAnAlias_IsHonouredAndOthersAreRefused()
    {
        using var client = new Phi4ChatClient(Models.Sample, new() { ModelId = "sample", ModelAliases = ["default"] });
        foreach (string? id in (string?[])[null, "sample", "default"])
        {
            ChatResponse response = await client.GetResponseAsync(Chat.Sum, new() { ModelId = id });
            Assert.That(response.ModelId, Is.EqualTo("sample"));
        }

        Assert.That(() => client.GetStreamingResponseAsync("x", new() { ModelId = "gpt-5" }), Throws.TypeOf<InvalidOptionsException>().With.Message.Contains("sample, default"));
    }

    [Test]
    public void Reasoning_ThatTheModelCannotBeToldOf_IsRefused()
    {
        Refuses(new() { Reasoning = new() { Effort = ReasoningEffort.High } }, "Reasoning.Effort");
        Refuses(new() { Reasoning = new() { Output = ReasoningOutput.Summary } }, "Reasoning.Output");
        Assert.That(() => Chat.Read(Models.Sample, Chat.User("x"), new() { Reasoning = new() { Effort = ReasoningEffort.None, Output = ReasoningOutput.Full } }), Throws.Nothing);
        var thinks = new Phi4ChatClientOptions { ReasoningFormat = ReasoningFormat.ThinkTags };
        Assert.That(() => Chat.Read(Models.Sample, Chat.User("x"), new() { Reasoning = new() { Effort = ReasoningEffort.None } }, thinks), Throws.TypeOf<InvalidOptionsException>());
        Assert.That(Chat.Read(Models.Sample, Chat.User("x"), new() { Reasoning = new() { Output = ReasoningOutput.None } }, thinks).ShowsReasoning, Is.False);
    }

    [Test]
    public void RawRepresentationFactory_OfGenerationOptions_IsCalledOnceAndExplicitOptionsWin()
    {
        int calls = 0;
        var options = new ChatOptions
        {
            Temperature = 0.5f,
            RawRepresentationFactory = client =>
            {
                calls++;
                Assert.That(client, Is.InstanceOf<Phi4ChatClient>());
                return new GenerationOptions { Temperature = 2, MinP = 0.1f, StopStrings = ["a"] };
            },
        };
        GenerationOptions read = Chat.Read(Models.Sample, Chat.User("x"), options).Options;
        Assert.That((calls, read.Temperature, read.MinP, read.StopStrings!.Single()), Is.EqualTo((1, 0.5f, 0.1f, "a")));
        Refuses(new() { RawRepresentationFactory = _ => "other" }, "RawRepresentationFactory");
    }

    [Test]
    public void RawRepresentationFactory_WithAConstraintBesideTools_IsRefused() => Refuses(
        new() { RawRepresentationFactory = _ => new GenerationOptions { Constraint = Constraint.Json() }, Tools = [AIFunctionFactory.Create(() => 1, "one")] }, "Constraint");

    [Test]
    public void AdditionalProperties_OfDocumentedKeys_AreHonouredInAnyNotation()
    {
        var json = JsonElement.Parse("""{"min_p":0.25,"logit_bias":{"3":-1.5},"stop_token_ids":[4,5],"logprobs":true,"top_logprobs":2,"ignore_eos":true,"min_tokens":3}""");
        var options = new ChatOptions { AdditionalProperties = new() { ["typical_p"] = 0.5, ["repetition_penalty"] = "1.25", ["somebody_elses"] = new object() } };
        foreach (JsonProperty property in json.EnumerateObject())
        {
            options.AdditionalProperties[property.Name] = property.Value;
        }

        GenerationOptions read = Chat.Read(Models.Sample, Chat.User("x"), options).Options;
        Assert.That((read.MinP, read.TypicalP, read.RepetitionPenalty, read.LogProbs, read.IgnoreEndTokens, read.MinTokens), Is.EqualTo((0.25f, 0.5f, 1.25f, 2, true, 3)));
        Assert.That(read.LogitBias, Is.EquivalentTo(new Dictionary<int, float> { [3] = -1.5f }));
        Assert.That(read.StopTokenIds, Is.EqualTo((int[])[4, 5]));
        Refuses(new() { AdditionalProperties = new() { ["min_p"] = "much" } }, "AdditionalProperties[\"min_p\"]");
        Refuses(new() { AdditionalProperties = new() { ["stop_token_ids"] = "12" } }, "AdditionalProperties[\"stop_token_ids\"]");
    }

    [Test]
    public async Task AllowBackgroundResponses_Set_AnswersInTheForeground()
    {
        ChatResponse response = await Sample.GetResponseAsync(Chat.Sum, new() { AllowBackgroundResponses = true });
        Assert.That((response.Text, response.ContinuationToken), Is.EqualTo((Chat.SumAnswer, (ResponseContinuationToken?)null)));
    }

    [Test]
    public void ContinuationToken_Given_IsRefused() => Refuses(new() { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) }, "ContinuationToken");

    [Test]
    public async Task ChatOptions_AfterARequest_AreAsTheyWere()
    {
        var options = new ChatOptions { MaxOutputTokens = 5, StopSequences = ["x"], Instructions = "Be brief.", Tools = [AIFunctionFactory.Create(() => 1, "one")], AdditionalProperties = new() { ["min_p"] = 0.1 } };
        string before = JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions);
        List<ChatMessage> messages = [new(ChatRole.System, "Be kind."), .. Chat.User("Hi")];
        await Sample.GetResponseAsync(messages, options);
        Assert.That(JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions), Is.EqualTo(before));
        Assert.That(messages, Has.Count.EqualTo(2));
    }

    private static void Refuses(ChatOptions options, string option) => Assert.That(
        () => Sample.GetStreamingResponseAsync(Chat.Sum, options), Throws.TypeOf<InvalidOptionsException>().With.Property("Option").EqualTo(option), "by the call itself, before the enumeration");
}
