// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Requests;

namespace Phi4.Extensions.AI.Responses;

/// <summary>Turns the chunks of one answer into the updates of one message.</summary>
internal sealed class ResponseBuilder(ChatRequest request, string modelId)
{
    private readonly string _id = $"phi4-{Guid.NewGuid():N}";
    private readonly DateTimeOffset _created = DateTimeOffset.UtcNow;
    private readonly ReasoningSplitter? _reasoning = request.Reasoning is { } marks ? new ReasoningSplitter(marks) : null;
    private readonly CallReader? _calls = request.Tools is null ? null : new CallReader(request.ToolFormat);
    private readonly List<TokenLogProbs>? _logProbs = request.Options.LogProbs is null ? null : [];
    private int _reasoningTokens;

    /// <summary>Null if nothing has become certain with the chunk.</summary>
    public ChatResponseUpdate? Read(GenerationChunk chunk)
    {
        List<AIContent> contents = [];
        ReadText(chunk, contents);
        _logProbs?.AddRange(chunk.LogProbs ?? []);
        if (chunk.FinishReason is { } reason)
        {
            Finish(contents);
            contents.Add(new UsageContent(UsageOf(chunk.Usage!)));
            return Update(chunk, contents, reason);
        }

        return contents.Count > 0 || chunk.LogProbs is not null ? Update(chunk, contents, null) : null;
    }

    private void ReadText(GenerationChunk chunk, List<AIContent> into)
    {
        string answer = chunk.Text;
        if (_reasoning is not null)
        {
            bool wasThinking = _reasoning.IsThinking;
            (string thoughts, answer) = _reasoning.Append(chunk.Text, chunk.TokenIds);
            _reasoningTokens += wasThinking || _reasoning.IsThinking || thoughts.Length > 0 ? chunk.TokenIds.Count : 0;
            AddThoughts(thoughts, into);
        }

        AddAnswer(answer, into);
    }

    private void Finish(List<AIContent> into)
    {
        if (_reasoning is not null)
        {
            (string thoughts, string answer) = _reasoning.Flush();
            AddThoughts(thoughts, into);
            AddAnswer(answer, into);
        }

        _calls?.Finish(into);
    }

    private void AddThoughts(string text, List<AIContent> into)
    {
        if (text.Length > 0 && request.ShowsReasoning)
        {
            into.Add(new TextReasoningContent(text));
        }
    }

    private void AddAnswer(string text, List<AIContent> into)
    {
        if (text.Length == 0)
        {
            return;
        }

        if (_calls is null)
        {
            into.Add(new TextContent(text));
        }
        else
        {
            _calls.Append(text, into);
        }
    }

    private ChatResponseUpdate Update(GenerationChunk chunk, List<AIContent> contents, FinishReason? reason) => new(ChatRole.Assistant, contents)
    {
        ResponseId = _id,
        MessageId = _id,
        CreatedAt = _created,
        ModelId = modelId,
        FinishReason = reason is null ? null : Translate(reason.Value),
        RawRepresentation = chunk,
        AdditionalProperties = reason is null ? null : Reports(reason.Value, chunk.Usage!),
    };

    private ChatFinishReason Translate(FinishReason reason) => reason is FinishReason.Length or FinishReason.ContextFull ? ChatFinishReason.Length
        : _calls is { CallCount: > 0 } ? ChatFinishReason.ToolCalls
        : ChatFinishReason.Stop;

    private AdditionalPropertiesDictionary Reports(FinishReason reason, GenerationUsage usage)
    {
        var reports = new AdditionalPropertiesDictionary { ["phi4.seed"] = usage.Seed, ["phi4.finish_reason"] = reason.ToString() };
        if (_logProbs is not null)
        {
            reports["logprobs"] = _logProbs;
        }

        if (_calls?.CutCall is { } cut)
        {
            reports["phi4.cut_tool_call"] = cut;
        }

        return reports;
    }

    private UsageDetails UsageOf(GenerationUsage usage) => new()
    {
        InputTokenCount = usage.PromptTokens,
        OutputTokenCount = usage.GeneratedTokens,
        TotalTokenCount = usage.PromptTokens + usage.GeneratedTokens,
        CachedInputTokenCount = usage.CachedTokens,
        ReasoningTokenCount = _reasoning is null ? null : _reasoningTokens,
        AdditionalCounts = new AdditionalPropertiesDictionary<long> { ["phi4.forced_tokens"] = usage.ForcedTokens },
    };
}
