// SPDX-License-Identifier: MIT
using System.Text;
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Json;
using Phi4.Extensions.AI.Tools;
using Phi4.Tokenizer.Templates;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using TemplateMessage = Phi4.Tokenizer.ChatMessage;

namespace Phi4.Extensions.AI.Messages;

/// <summary>
/// From messages to the turns that the chat template gets. One system turn comes first: instructions, the system messages at the head of the history, the tools, the form of the answer.
/// Calls become text of the assistant's turn; the results that follow become one turn, or one each, as the tool format has it.
/// </summary>
internal sealed class ConversationReader(IToolFormat format, ToolSet? tools, string? instructions, string? answerFormat)
{
    private const string OnlyTexts = "a message may hold text, reasoning, usage, function calls (assistant) and their results (tool)";

    private readonly List<TemplateMessage> _turns = [];
    private readonly List<string> _system = [];
    private readonly List<ToolResult> _results = [];
    private readonly Dictionary<string, string> _toolOfCall = new(StringComparer.Ordinal);
    private int _index;

    public IReadOnlyList<TemplateMessage> Read(IEnumerable<ChatMessage> messages)
    {
        AddSystem(instructions);
        foreach (ChatMessage message in messages)
        {
            Read(message ?? throw new UnsupportedContentException("null", _index, "every message has to be there"));
            _index++;
        }

        FlushResults();
        PutSystemTurn();
        return _turns;
    }

    private void Read(ChatMessage message)
    {
        string role = message.Role.Value;
        if (message.Role != ChatRole.Tool && !message.Contents.Any(content => content is FunctionResultContent))
        {
            FlushResults();
        }

        switch (role)
        {
            case "system" or "developer" when _turns.Count == 0:
                AddSystem(TextOf(message));
                break;
            case "system" or "developer":
                _turns.Add(new TemplateMessage("system", TextOf(message)));
                break;
            case "user" or "tool" when message.Contents.Any(content => content is FunctionResultContent):
                ReadResults(message);
                break;
            case "user":
                _turns.Add(new TemplateMessage("user", TextOf(message)));
                break;
            case "assistant":
                ReadAssistant(message);
                break;
            case "tool":
                throw new UnsupportedContentException("a tool message without a result", _index, "a tool message holds function results");
            default:
                throw new UnsupportedContentException($"role {role}", _index, "roles are system, developer, user, assistant and tool");
        }
    }

    private void ReadAssistant(ChatMessage message)
    {
        List<FunctionCallContent> calls = [.. message.Contents.OfType<FunctionCallContent>()];
        foreach (FunctionCallContent call in calls)
        {
            _toolOfCall[call.CallId] = call.Name;
        }

        string text = TextOf(message, call => call is FunctionCallContent);
        _turns.Add(new TemplateMessage("assistant", calls.Count == 0 ? text : text + format.RenderCalls(calls)));
    }

    private void ReadResults(ChatMessage message)
    {
        foreach (AIContent content in message.Contents)
        {
            if (content is not FunctionResultContent result)
            {
                throw Refusal(content, "a message with function results holds nothing else");
            }

            string name = _toolOfCall.TryGetValue(result.CallId, out string? known) ? known
                : throw new UnsupportedContentException($"the result of call {result.CallId}", _index, "a result follows its call, in an assistant message before it");
            _results.Add(new ToolResult(name, ValueOf(result)));
        }
    }

    private string ValueOf(FunctionResultContent result)
    {
        try
        {
            return result is { Result: null, Exception: not null } ? JsonText.Of("Error: the function failed.") : JsonText.OfValue(result.Result);
        }
        catch (NotSupportedException e)
        {
            throw new UnsupportedContentException($"a result of type {result.Result!.GetType().Name}", _index, $"a result has to be something that can be serialized: {e.Message}");
        }
    }

    private string TextOf(ChatMessage message, Predicate<AIContent>? skips = null)
    {
        var text = new StringBuilder();
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent part:
                    text.Append(part.Text);
                    break;
                case TextReasoningContent or UsageContent:
                    break; // thoughts of earlier turns are not for the model; usage is bookkeeping
                default:
                    if (skips?.Invoke(content) != true)
                    {
                        throw Refusal(content, OnlyTexts);
                    }

                    break;
            }
        }

        return text.ToString();
    }

    private UnsupportedContentException Refusal(AIContent content, string reason) =>
        new(content is DataContent data ? $"{nameof(DataContent)} ({data.MediaType})" : content.GetType().Name, _index, reason);

    private void FlushResults()
    {
        if (_results.Count > 0)
        {
            _turns.AddRange(format.RenderResults(_results));
            _results.Clear();
        }
    }

    private void AddSystem(string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            _system.Add(text);
        }
    }

    private void PutSystemTurn()
    {
        string? toolField = null;
        if (tools is not null)
        {
            AddSystem(format.Rulebook(tools));
            toolField = format.ToolField(tools);
        }

        AddSystem(answerFormat);
        if (_system.Count == 0)
        {
            return;
        }

        var turn = new TemplateMessage("system", string.Join("\n\n", _system));
        _turns.Insert(0, toolField is null ? turn : turn with { Fields = [KeyValuePair.Create("tools", (TemplateValue)toolField)] });
    }
}
