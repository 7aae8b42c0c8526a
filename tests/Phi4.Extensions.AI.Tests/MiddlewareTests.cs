// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Others' layers over the client: cache, telemetry, logging, Semantic Kernel.</summary>
internal sealed class MiddlewareTests
{
    [Test]
    public async Task DistributedCache_OverTheClient_AnswersTheSecondTimeByItself()
    {
        var cache = new DictionaryCache();
        using IChatClient chat = Models.Noise.AsChatClient().AsBuilder().UseDistributedCache(cache).Build();
        var options = new ChatOptions { Temperature = 1, MaxOutputTokens = 12, AdditionalProperties = new() { ["logprobs"] = true } };
        ChatResponse first = await chat.GetResponseAsync("x", options);
        ChatResponse second = await chat.GetResponseAsync("x", options);
        Assert.That((second.Text, second.ResponseId, second.FinishReason, second.Usage!.TotalTokenCount), Is.EqualTo((first.Text, first.ResponseId, first.FinishReason, first.Usage!.TotalTokenCount)));
        ChatResponse other = await chat.GetResponseAsync("x", new ChatOptions { Temperature = 1, MaxOutputTokens = 12, AdditionalProperties = new() { ["logprobs"] = true, ["min_p"] = 0.5 } });
        Assert.That(other.ResponseId, Is.Not.EqualTo(first.ResponseId), "additional properties are part of the key");
        List<ChatResponseUpdate> updates = await chat.GetStreamingResponseAsync("y", options).ToListAsync();
        List<ChatResponseUpdate> again = await chat.GetStreamingResponseAsync("y", options).ToListAsync();
        Assert.That(again.ToChatResponse().Text, Is.EqualTo(updates.ToChatResponse().Text));
    }

    [Test]
    public async Task OpenTelemetry_OverTheClient_SeesModelAndUsage()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "phi4-test",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using IChatClient chat = Models.Sample.AsChatClient().AsBuilder().UseOpenTelemetry(sourceName: "phi4-test").Build();
        ChatResponse response = await chat.GetResponseAsync(Chat.Sum);
        Activity span = spans.Single();
        Assert.That(span.DisplayName, Is.EqualTo("chat microsoft/phi-4"));
        Assert.That(span.GetTagItem("gen_ai.provider.name"), Is.EqualTo("phi4"));
        Assert.That(Convert.ToInt64(span.GetTagItem("gen_ai.usage.output_tokens"), System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(response.Usage!.OutputTokenCount));
    }

    [Test]
    public async Task Logging_OverTheClient_LogsTheCall()
    {
        var log = new ListLogger();
        using IChatClient chat = Models.Sample.AsChatClient().AsBuilder().UseLogging(log).Build();
        Assert.That((await chat.GetResponseAsync(Chat.Sum)).Text, Is.EqualTo(Chat.SumAnswer));
        Assert.That(log.Lines, Has.Some.Contains("GetResponseAsync"));
    }

    [Test]
    public async Task SemanticKernel_OverTheClient_Chats()
    {
        using IChatClient chat = Models.Sample.AsChatClient();
        IChatCompletionService service = chat.AsChatCompletionService();
        var history = new ChatHistory();
        history.AddUserMessage(Chat.Sum);
        ChatMessageContent answer = await service.GetChatMessageContentAsync(history);
        Assert.That(answer.Content, Is.EqualTo(Chat.SumAnswer));
        string streamed = "";
        await foreach (StreamingChatMessageContent piece in service.GetStreamingChatMessageContentsAsync(history))
        {
            streamed += piece.Content;
        }

        Assert.That(streamed, Is.EqualTo(Chat.SumAnswer));
    }

    private sealed class DictionaryCache : IDistributedCache
    {
        private readonly ConcurrentDictionary<string, byte[]> _values = new();

        public byte[]? Get(string key) => _values.GetValueOrDefault(key);

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Task.FromResult(Get(key));

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => _values.TryRemove(key, out _);

        public Task RemoveAsync(string key, CancellationToken token = default)
        {
            Remove(key);
            return Task.CompletedTask;
        }

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _values[key] = value;

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }
    }

    private sealed class ListLogger : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
