// SPDX-License-Identifier: MIT
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Tests;

/// <summary>A model that thinks first, and whose answer has to have a form: it thinks as it likes, and then answers so.</summary>
internal sealed class ThinkingTests
{
    private static readonly int Open = Models.Thinker.Tokenizer!.SpecialTokens["<think>"];
    private static readonly int Close = Models.Thinker.Tokenizer!.SpecialTokens["</think>"];

    private static readonly AIFunctionDeclaration Weather = AIFunctionFactory.Create((string city, int days) => $"{city} {days}", "weather").AsDeclarationOnly();

    [Test]
    public async Task ResponseFormat_OfAModelThatThinks_HoldsForWhatFollowsItsThoughts()
    {
        foreach ((string thoughts, ChatResponse response) in await AskAsync(options => options.ResponseFormat = ChatResponseFormat.ForJsonSchema<bool[]>()))
        {
            Assert.That(thoughts, Is.Not.Empty.And.Not.Contains("<think>"));
            Assert.That(JsonSerializer.Deserialize<bool[]>(response.Text), Is.Not.Null, response.Text);
            Assert.That(response.Usage!.ReasoningTokenCount, Is.GreaterThan(1));
        }
    }

    [Test]
    public async Task Tools_OfAModelThatThinks_AreCalledBehindItsThoughts()
    {
        foreach ((string thoughts, ChatResponse response) in await AskAsync(options => (options.Tools, options.ToolMode) = ([Weather], ChatToolMode.RequireAny)))
        {
            FunctionCallContent[] calls = [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
            Assert.That(calls, Is.Not.Empty);
            Assert.That(calls, Has.All.Property("Name").EqualTo("weather"));
            Assert.That((thoughts.Length > 0, response.Text, response.FinishReason), Is.EqualTo((true, "", ChatFinishReason.ToolCalls)));
        }
    }

    [Test]
    public async Task Constraint_OfAModelThatDoesNotThink_AllowsNoThoughts()
    {
        using var chat = new Phi4ChatClient(Models.Thinker, new() { ReasoningFormat = ReasoningFormat.None });
        ChatResponse response = await chat.GetResponseAsync("x", Options(1, options => options.ResponseFormat = ChatResponseFormat.ForJsonSchema<bool[]>()));
        Assert.That(response.Messages[0].Contents.OfType<TextReasoningContent>(), Is.Empty);
        Assert.That(JsonSerializer.Deserialize<bool[]>(response.Text), Is.Not.Null);
    }

    /// <summary>The answers that came to their end, of which there have to be some.</summary>
    private static async Task<List<(string Thoughts, ChatResponse Response)>> AskAsync(Action<ChatOptions> change)
    {
        using var chat = new Phi4ChatClient(Models.Thinker);
        List<(string, ChatResponse)> complete = [];
        for (int seed = 0; seed < 8; seed++)
        {
            ChatResponse response = await chat.GetResponseAsync("x", Options(seed, change));
            if (response.FinishReason != ChatFinishReason.Length)
            {
                complete.Add((string.Concat(response.Messages[0].Contents.OfType<TextReasoningContent>().Select(content => content.Text)), response));
            }
        }

        Assert.That(complete, Has.Count.GreaterThan(3));
        return complete;
    }

    /// <summary>Thinks nearly always, and for some twenty tokens.</summary>
    private static ChatOptions Options(int seed, Action<ChatOptions> change)
    {
        int quote = Models.Thinker.Tokenizer!.Encode("\"").Single();
        var bias = new Dictionary<int, float> { [Open] = 6, [Close] = 4, [quote] = 4 };
        var options = new ChatOptions { Temperature = 1, Seed = seed, MaxOutputTokens = 1500, AdditionalProperties = new() { ["logit_bias"] = bias } };
        change(options);
        return options;
    }
}
