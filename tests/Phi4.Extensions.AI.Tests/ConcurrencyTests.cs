// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Many at once: no page is lost, no answer differs from what it is alone, and every token is accounted for.</summary>
internal sealed class ConcurrencyTests
{
    [Test]
    public async Task Chats_TwoHundredAtOnceWithRandomCancellation_LeakNothingAndAddUp()
    {
        using IChatClient chat = Models.Sample.AsChatClient();
        var random = new Random(5);
        (string Question, int? CancelAfter, ChatOptions Options)[] plans =
        [
            .. Enumerable.Range(0, 200).Select(i => (
                $"What is {i % 90 + 1} + {i % 7 + 2}?", random.Next(3) == 0 ? random.Next(6) : (int?)null, new ChatOptions { MaxOutputTokens = 24, Temperature = i % 2, Seed = i })),
        ];
        Task<(string Text, UsageDetails? Usage, int Tokens)>[] runs = [.. plans.Select(plan => Task.Run(() => RunAsync(chat, plan.Question, plan.Options, plan.CancelAfter)))];
        (string Text, UsageDetails? Usage, int Tokens)[] results = await Task.WhenAll(runs);

        Phi4ModelStatus status = await Chat.SettleAsync(Models.Sample);
        Assert.That((status.RunningSequences, status.WaitingSequences, status.FreeCacheTokens), Is.EqualTo((0, 0, status.CacheTokens)));
        long cached = 0;
        for (int i = 0; i < plans.Length; i++)
        {
            Assert.That(results[i].Usage is null, Is.EqualTo(plans[i].CancelAfter is not null), "who was not cancelled has a usage");
            if (results[i].Usage is { } usage)
            {
                Assert.That(usage.OutputTokenCount, Is.EqualTo(results[i].Tokens), "every token came in some update");
                Assert.That(usage.TotalTokenCount, Is.EqualTo(usage.InputTokenCount + usage.OutputTokenCount));
                Assert.That(usage.CachedInputTokenCount, Is.GreaterThanOrEqualTo(0).And.LessThan(usage.InputTokenCount!.Value), "one token is always computed");
                cached += usage.CachedInputTokenCount!.Value;
            }
        }

        Assert.That(cached, Is.GreaterThan(0), "questions that begin alike share what they begin with");

        for (int i = 0; i < plans.Length; i += 20)
        {
            ChatOptions options = plans[i].Options.Clone();
            options.AdditionalProperties = new() { ["prompt_cache"] = false };
            ChatResponse alone = await chat.GetResponseAsync(plans[i].Question, options);
            Assert.That(results[i].Usage is null ? alone.Text.StartsWith(results[i].Text, StringComparison.Ordinal) : alone.Text == results[i].Text, Is.True, "alone or in company, the same bits");
        }
    }

    /// <param name="chat">Whom to ask.</param>
    /// <param name="question">What to ask.</param>
    /// <param name="options">Without logprobs.</param>
    /// <param name="cancelAfter">Updates to wait for before giving up, by break when even and by token when odd; null for never.</param>
    private static async Task<(string Text, UsageDetails? Usage, int Tokens)> RunAsync(IChatClient chat, string question, ChatOptions options, int? cancelAfter)
    {
        using var stop = new CancellationTokenSource();
        options = options.Clone();
        options.AdditionalProperties = new() { ["logprobs"] = true };
        string text = "";
        UsageDetails? usage = null;
        int tokens = 0;
        int count = 0;
        try
        {
            await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(question, options, stop.Token))
            {
                text += update.Text;
                tokens += ((GenerationChunk)update.RawRepresentation!).TokenIds.Count;
                usage = update.Contents.OfType<UsageContent>().SingleOrDefault()?.Details ?? usage;
                if (count++ >= cancelAfter)
                {
                    if (cancelAfter % 2 == 0)
                    {
                        break;
                    }

                    await stop.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }

        return (text, cancelAfter is null ? usage : null, tokens);
    }
}
