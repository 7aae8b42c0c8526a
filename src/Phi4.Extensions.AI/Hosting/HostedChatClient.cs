// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Phi4.Tokenizer;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>The chat client of a model that may still be loading. Its requests count until they are over, so that a host that stops can wait for them.</summary>
internal sealed class HostedChatClient(Phi4ModelHost host) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("phi4", providerUri: null, host.Options.Chat.ModelId);
    private readonly Lock _lock = new();
    private Phi4ChatClient? _client;

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using IDisposable request = host.OpenRequest();
        Phi4ChatClient client = await ClientAsync(cancellationToken).ConfigureAwait(false);
        return await client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Stream(messages, options, cancellationToken);
    }

    /// <summary>What the model gives is there once it is loaded; before, null.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(Phi4ModelHost) ? host
            : serviceType == typeof(Phi4Model) ? host.ReadyModel
            : serviceType == typeof(Phi4Tokenizer) ? host.ReadyModel?.Tokenizer
            : serviceType == typeof(Phi4ChatClient) ? host.ReadyModel is { } model ? Client(model) : null
            : null;
    }

    /// <summary>Nothing: the model is the host's.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using IDisposable request = host.OpenRequest();
        Phi4ChatClient client = await ClientAsync(cancellationToken).ConfigureAwait(false);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
        {
            yield return update;
        }
    }

    private async Task<Phi4ChatClient> ClientAsync(CancellationToken cancellationToken) => Client(await host.GetModelAsync(cancellationToken).ConfigureAwait(false));

    private Phi4ChatClient Client(Phi4Model model)
    {
        lock (_lock)
        {
            return _client ??= new Phi4ChatClient(model, host.Options.Chat);
        }
    }
}
