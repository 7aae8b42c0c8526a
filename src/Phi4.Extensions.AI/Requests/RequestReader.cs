// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Messages;
using Phi4.Extensions.AI.Tools;
using Phi4.Tokenizer;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Phi4.Extensions.AI.Requests;

/// <summary>Turns messages and options into a request to one model; what can't be honoured is refused here.</summary>
internal sealed class RequestReader
{
    private readonly Phi4Model _model;
    private readonly Phi4ChatClientOptions _options;
    private readonly ChatTemplate _template;
    private readonly IToolFormat _toolFormat;
    private readonly ReasoningMarks? _reasoning;

    public RequestReader(Phi4Model model, Phi4ChatClientOptions options)
    {
        if (model.Tokenizer is not { } tokenizer || model.ChatTemplate is not { } template)
        {
            throw new Phi4Exception("A chat client needs a model whose folder has a tokenizer and a chat template; this one has " + (model.Tokenizer is null ? "no tokenizer." : "no chat template."));
        }

        _model = model;
        _options = options;
        _template = template;
        _reasoning = ReasoningMarks.Of(options.ReasoningFormat, template, tokenizer);
        _toolFormat = options.ToolCallFormat == ToolCallFormat.Functools || (options.ToolCallFormat == ToolCallFormat.Auto && FunctoolsFormat.IsKnownTo(template))
            ? new FunctoolsFormat()
            : new TaggedFormat();
    }

    public ChatRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options, IChatClient client)
    {
        options ??= new ChatOptions();
        RefuseModel(options.ModelId);
        GenerationOptions generation = OptionsReader.Read(options, client);
        ToolSet? tools = ToolSet.Read(options);
        var format = AnswerFormat.Read(options.ResponseFormat);
        bool showsReasoning = ReasoningReader.ShowsReasoning(options.Reasoning, _reasoning is not null);

        Constraint? constraint = AnswerGrammar.Of(tools, format, _toolFormat);
        if (constraint is not null && generation.Constraint is not null)
        {
            throw new InvalidOptionsException(nameof(GenerationOptions.Constraint), generation.Constraint.Kind, "none beside Tools or a ResponseFormat of JSON, which are constraints themselves");
        }

        string? formatText = _options.DescribeResponseFormat ? format?.Describe() : null;
        var conversation = new ConversationReader(_toolFormat, tools, options.Instructions, formatText);
        IReadOnlyList<Tokenizer.ChatMessage> turns = conversation.Read(messages);
        RefuseHiddenTools(tools, turns);
        return new ChatRequest
        {
            Turns = turns,
            Options = generation with { Constraint = BehindThoughts(constraint ?? generation.Constraint) },
            Tools = tools,
            ToolFormat = _toolFormat,
            Reasoning = _reasoning,
            ShowsReasoning = showsReasoning,
        };
    }

    /// <summary>The model's answer, which starts with its enumeration.</summary>
    public IAsyncEnumerable<GenerationChunk> Start(ChatRequest request)
    {
        try
        {
            return _model.GenerateAsync(Prompt.FromChat(request.Turns), request.Options);
        }
        catch (ConstraintException) when (request.Tools is not null)
        {
            BlameTool(request.Tools);
            throw;
        }
    }

    /// <summary>A model that thinks first may do so: its answer has the form, its thoughts need none.</summary>
    private Constraint? BehindThoughts(Constraint? constraint) => _reasoning is null ? constraint : constraint?.BehindThoughts();

    private void RefuseModel(string? id)
    {
        if (id is not null && id != _options.ModelId && !_options.ModelAliases.Contains(id, StringComparer.Ordinal))
        {
            string names = string.Join(", ", _options.ModelAliases.Prepend(_options.ModelId));
            throw new InvalidOptionsException(nameof(ChatOptions.ModelId), id, $"null or the loaded model's name: {names}");
        }
    }

    /// <summary>A template may drop the system turn; a model that does not see its tools must not be said to have them.</summary>
    private void RefuseHiddenTools(ToolSet? tools, IReadOnlyList<Tokenizer.ChatMessage> turns)
    {
        if (tools is not null && !_template.Render(turns, addGenerationPrompt: true).Contains(_toolFormat.Describe(tools).Trim(), StringComparison.Ordinal))
        {
            throw new InvalidOptionsException(nameof(ChatOptions.Tools), $"{tools.All.Count} tools", "none with this model: its chat template does not show them");
        }
    }

    /// <summary>Says in which tool's schema the fault lies.</summary>
    private void BlameTool(ToolSet tools)
    {
        foreach (AIFunctionDeclaration tool in tools.All)
        {
            try
            {
                _model.CreateMatcher(Constraint.JsonSchema(ToolSchema.Enforced(tool)));
            }
            catch (ConstraintException e)
            {
                throw new ConstraintException(e.Message[(e.Path.Length + 2)..], $"tool {tool.Name}, {e.Path}", e.Keyword);
            }
        }
    }
}
