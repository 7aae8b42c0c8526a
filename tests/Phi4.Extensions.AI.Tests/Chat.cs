// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Requests;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Short ways to say what tests say often.</summary>
internal static class Chat
{
    public const string Sum = "What is 12 + 30?";
    public const string SumAnswer = "12 + 30 = 42.";
    public const string Story = "Tell me a short story about a cat.";

    /// <summary>A client over the sample model, for all tests.</summary>
    public static IChatClient Sample { get; } = Models.Sample.AsChatClient();

    public static ChatMessage[] User(string text) => [new(ChatRole.User, text)];

    /// <summary>The request as the client reads it, without running it.</summary>
    public static ChatRequest Read(Phi4Model model, IEnumerable<ChatMessage> messages, ChatOptions? options = null, Phi4ChatClientOptions? clientOptions = null)
    {
        clientOptions ??= new Phi4ChatClientOptions();
        using var client = new Phi4ChatClient(model, clientOptions);
        return new RequestReader(model, clientOptions).Read(messages, options, client);
    }

    /// <summary>The prompt as text.</summary>
    public static string Render(Phi4Model model, IEnumerable<ChatMessage> messages, ChatOptions? options = null, Phi4ChatClientOptions? clientOptions = null) =>
        model.ChatTemplate!.Render(Read(model, messages, options, clientOptions).Turns, addGenerationPrompt: true);

    /// <summary>Waits until the engine has let go of everything; the time that takes is a few steps.</summary>
    public static async Task<Phi4ModelStatus> SettleAsync(Phi4Model model)
    {
        for (int i = 0; ; i++)
        {
            Phi4ModelStatus status = model.GetStatus();
            if (i == 200 || (status.RunningSequences + status.WaitingSequences == 0 && status.FreeCacheTokens == status.CacheTokens))
            {
                return status;
            }

            await Task.Delay(10);
        }
    }
}
