// SPDX-License-Identifier: MIT
using System.Text.Json;
using Microsoft.Extensions.AI;
using Phi4.TestSupport;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Tools and typed answers on the sample model, which was trained for a few: on questions that its training did not use, it does what it was asked.</summary>
internal sealed class TrainedToolTests
{
    private static readonly AITool[] Calculator =
    [
        AIFunctionFactory.Create((int a, int b) => a * b, "multiply", "Multiplies two numbers."),
        AIFunctionFactory.Create((int a, int b) => a + b, "add", "Adds two numbers."),
        AIFunctionFactory.Create((string city) => "sunny", "weather", "The weather of a city."),
    ];

    [Test]
    public void SystemTurn_OfTheTrainingData_IsTheClients()
    {
        TrainedConversation[] conversations = [.. TrainedConversation.Read("tools.jsonl").Where(conversation => conversation.System is not null)];
        Assert.That(conversations.Select(conversation => conversation.Tools.Count).Distinct(), Is.EquivalentTo((int[])[1, 2, 3]));
        foreach (TrainedConversation conversation in conversations)
        {
            string prompt = Chat.Render(Models.Sample, Chat.User("x"), new() { Tools = [.. conversation.Tools] });
            Assert.That(prompt, Does.StartWith($"<|im_start|>system<|im_sep|>{conversation.System}<|im_end|>"));
        }
    }

    /// <summary>
    /// All by the model's own choice (Auto): which tool, with what arguments, a second call on the first one's result, or none. Shares are those that
    /// tools/sample-model measured, less a margin.
    /// </summary>
    [TestCase("tool_call", 0.88)]
    [TestCase("tool_chain", 0.6)]
    [TestCase("tool_not_needed", 0.8)]
    public async Task Conversations_OnHeldOutQuestions_CallTheRightToolsAndEndInTheRightAnswer(string task, double share)
    {
        TrainedConversation[] conversations = [.. TrainedConversation.Read("tools.jsonl").Where(conversation => conversation.Task == task)];
        bool[] right = await Task.WhenAll(conversations.Select(async conversation =>
        {
            using IChatClient chat = Models.Sample.AsChatClient().AsBuilder().UseFunctionInvocation(configure: client => client.MaximumIterationsPerRequest = 4).Build();
            ChatResponse response = await chat.GetResponseAsync(conversation.Question, new() { Tools = [.. conversation.Tools], MaxOutputTokens = 120 });
            IEnumerable<string> calls = response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(TrainedConversation.Write);
            return calls.SequenceEqual(conversation.Calls) && response.Messages[^1].Text == conversation.Answer;
        }));
        TestContext.Out.WriteLine($"{task}: {right.Count(isRight => isRight)} of {right.Length}");
        Assert.That(right.Count(isRight => isRight), Is.AtLeast(share * right.Length));
    }

    [Test]
    public async Task Records_OnHeldOutSentences_HoldWhatTheSentenceSays()
    {
        TrainedRecord[] records = [.. TrainedRecord.Read()];
        bool[] right = await Task.WhenAll(records.Select(async record =>
        {
            ChatResponse response = await Chat.Sample.GetResponseAsync(record.Sentence, new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(record.Schema) });
            return JsonElement.DeepEquals(JsonElement.Parse(response.Text), record.Expected);
        }));
        TestContext.Out.WriteLine($"{right.Count(isRight => isRight)} of {right.Length}");
        Assert.That(right.Count(isRight => isRight), Is.AtLeast(0.9 * right.Length));
    }

    [Test]
    public async Task Conversation_OfSeveralQuestions_GoesOnWithItsCallsAndResultsInTheHistory()
    {
        using IChatClient chat = Models.Sample.AsChatClient().AsBuilder().UseFunctionInvocation().Build();
        List<ChatMessage> history = [];
        foreach ((string question, string answer) in (IEnumerable<(string, string)>)
            [("What is 78 * 87?", "The result is 6786."), ("What is the weather in Oslo?", "It is sunny in Oslo."), ("Add 61 and 95, then multiply by 7.", "The result is 1092.")])
        {
            history.Add(new(ChatRole.User, question));
            List<ChatResponseUpdate> updates = await chat.GetStreamingResponseAsync(history, new() { Tools = [.. Calculator] }).ToListAsync();
            history.AddMessages(updates);
            Assert.That(history[^1].Text, Is.EqualTo(answer));
        }

        Assert.That(history.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.Result!.ToString()),
            Is.EqualTo((string[])["6786", "sunny", "156", "1092"]));
    }
}
