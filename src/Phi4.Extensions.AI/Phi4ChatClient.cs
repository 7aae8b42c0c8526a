// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Requests;
using Phi4.Extensions.AI.Responses;
using Phi4.Tokenizer;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Phi4.Extensions.AI;

/// <summary>
/// phi-4 as an <see cref="IChatClient"/>, in this process. Thread-safe: requests that run at once share the model's steps. Every option is honoured or refused with an error of
/// its own, before anything is computed; docs/extensions-ai.md has the table.
/// </summary>
public sealed class Phi4ChatClient : IChatClient
{
    private readonly Phi4Model _model;
    private readonly RequestReader _requests;
    private readonly ChatClientMetadata _metadata;
    private readonly bool _ownsModel;

    /// <summary>A client over a loaded model. Any number of clients may share one.</summary>
    /// <param name="model">A model whose folder has a tokenizer and a chat template.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="ownsModel">Whether disposing the client disposes the model.</param>
    /// <exception cref="Phi4Exception">The model has no tokenizer or no chat template.</exception>
    public Phi4ChatClient(Phi4Model model, Phi4ChatClientOptions? options = null, bool ownsModel = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new Phi4ChatClientOptions();
        _model = model;
        _requests = new RequestReader(model, options);
        _metadata = new ChatClientMetadata("phi4", providerUri: null, options.ModelId);
        _ownsModel = ownsModel;
    }

    /// <summary>Answers a conversation, whole. The same way as <see cref="GetStreamingResponseAsync"/>, put together.</summary>
    /// <param name="messages">The conversation; not changed.</param>
    /// <param name="options">Null for the model's defaults; not changed.</param>
    /// <param name="cancellationToken">Stops within one step of the model.</param>
    /// <exception cref="InvalidOptionsException">An option that can't be honoured.</exception>
    /// <exception cref="ConstraintException">A schema that can't be honoured; names the keyword and its place.</exception>
    /// <exception cref="UnsupportedContentException">A content that the model can't be shown.</exception>
    /// <exception cref="ContextLengthExceededException">The conversation leaves no room for an answer.</exception>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatResponse response = await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken).ConfigureAwait(false);
        response.AdditionalProperties ??= response.Messages[^1].AdditionalProperties?.Clone(); // putting together leaves the reports with the message
        return response;
    }

    /// <summary>
    /// Answers a conversation, piece by piece. Errors of the request are raised by the call itself; the request starts with the enumeration, and leaving that early cancels it within one
    /// step of the model.
    /// </summary>
    /// <param name="messages">The conversation; not changed.</param>
    /// <param name="options">Null for the model's defaults; not changed.</param>
    /// <param name="cancellationToken">Stops within one step of the model.</param>
    /// <returns>Updates of one message. The last has the finish reason, the usage, and the seed under <c>phi4.seed</c>.</returns>
    /// <exception cref="InvalidOptionsException">An option that can't be honoured.</exception>
    /// <exception cref="ConstraintException">A schema that can't be honoured; names the keyword and its place.</exception>
    /// <exception cref="UnsupportedContentException">A content that the model can't be shown.</exception>
    /// <exception cref="ContextLengthExceededException">The conversation leaves no room for an answer.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatRequest request = _requests.Read(messages, options, this);
        return Stream(request, _requests.Start(request), cancellationToken);
    }

    /// <summary>This client, its <see cref="ChatClientMetadata"/>, the <see cref="Phi4Model"/> or its <see cref="Phi4Tokenizer"/>, by type and without a key.</summary>
    /// <param name="serviceType">What is asked for.</param>
    /// <param name="serviceKey">Only null finds something.</param>
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
        ChatRequest request, IAsyncEnumerable<GenerationChunk> chunks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var response = new ResponseBuilder(request, _metadata.DefaultModelId!);
        await foreach (GenerationChunk chunk in chunks.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (response.Read(chunk) is { } update)
            {
                yield return update;
            }
        }
    }
}
