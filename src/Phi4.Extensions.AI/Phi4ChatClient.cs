// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Phi4.Tokenizer;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Phi4.Extensions.AI;

/// <summary>phi-4 as an <see cref="IChatClient"/>, in this process. Thread-safe: requests that run at once share the model's steps.</summary>
public sealed class Phi4ChatClient : IChatClient
{
    private readonly Phi4Model _model;
    private readonly Phi4ChatClientOptions _options;
    private readonly bool _ownsModel;
    private readonly ChatClientMetadata _metadata;

    /// <summary>A client over a loaded model.</summary>
    /// <param name="model">A model whose folder has a tokenizer and a chat template.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="ownsModel">Whether disposing the client disposes the model.</param>
    public Phi4ChatClient(Phi4Model model, Phi4ChatClientOptions? options = null, bool ownsModel = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _options = options ?? new Phi4ChatClientOptions();
        _ownsModel = ownsModel;
        _metadata = new ChatClientMetadata("phi4", providerUri: null, _options.ModelId);
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var prompt = Prompt.FromChat([.. messages.Select(message => new Tokenizer.ChatMessage(message.Role.Value, message.Text))]);
        var generation = new GenerationOptions { MaxTokens = options?.MaxOutputTokens, Temperature = options?.Temperature, Seed = options?.Seed };
        return Stream(_model.GenerateAsync(prompt, generation, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(Phi4Model) ? _model
            : serviceType == typeof(Phi4Tokenizer) ? _model.Tokenizer
            : null;
    }

    /// <summary>Disposes the model if the client owns it. Any number of times.</summary>
    public void Dispose()
    {
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(
        IAsyncEnumerable<GenerationChunk> chunks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string id = Guid.NewGuid().ToString("N");
        await foreach (GenerationChunk chunk in chunks.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, chunk.Text)
            {
                ResponseId = id,
                MessageId = id,
                ModelId = _options.ModelId,
                FinishReason = chunk.FinishReason is null ? null
                    : chunk.FinishReason is FinishReason.Length or FinishReason.ContextFull ? ChatFinishReason.Length
                    : ChatFinishReason.Stop,
            };
        }
    }
}
