// SPDX-License-Identifier: MIT
using Phi4.Tokenizer.Templates;

namespace Phi4.Tokenizer;

/// <summary>
/// Turns a conversation into a prompt by a model's own Jinja template. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// A subset of Jinja2 with the settings of Hugging Face's <c>apply_chat_template</c> (trim_blocks, lstrip_blocks, loop controls,
/// <c>raise_exception</c>, <c>strftime_now</c>, <c>tojson</c> without ASCII escapes, nothing may be changed in place). Text of the template and text
/// of the messages are kept apart through every operation, so <see cref="RenderSegments"/> finds special tokens in the former only.
/// </remarks>
public sealed class ChatTemplate
{
    private static readonly Lazy<ChatTemplate> LazyPhi4 = new(() => Parse(BuiltInTemplates.Phi4));
    private static readonly Lazy<ChatTemplate> LazyPhi4FirstRelease = new(() => Parse(BuiltInTemplates.Phi4FirstRelease));
    private static readonly Lazy<ChatTemplate> LazyPhi4Mini = new(() => Parse(BuiltInTemplates.Phi4Mini).WithTokens(("eos_token", "<|endoftext|>")));
    private static readonly Lazy<ChatTemplate> LazyChatML = new(() => Parse(BuiltInTemplates.ChatML));

    private readonly CompiledTemplate _template;
    private readonly CompiledTemplate? _toolTemplate;
    private readonly Dictionary<string, string> _tokens;

    private ChatTemplate(string source, CompiledTemplate template, CompiledTemplate? toolTemplate, Dictionary<string, string> tokens)
    {
        Source = source;
        _template = template;
        _toolTemplate = toolTemplate;
        _tokens = tokens;
    }

    /// <summary>phi-4's current template.</summary>
    public static ChatTemplate Phi4 => LazyPhi4.Value;

    /// <summary>The template of phi-4's first release, which opens the assistant's turn after every user turn.</summary>
    public static ChatTemplate Phi4FirstRelease => LazyPhi4FirstRelease.Value;

    /// <summary>phi-4-mini-instruct's template.</summary>
    public static ChatTemplate Phi4Mini => LazyPhi4Mini.Value;

    /// <summary>ChatML with line breaks, as Qwen and many others write it.</summary>
    public static ChatTemplate ChatML => LazyChatML.Value;

    /// <summary>The template's text.</summary>
    public string Source { get; }

    private TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Reads a template.</summary>
    /// <param name="jinja">The template's text.</param>
    /// <param name="limits">What rendering may use; null for <see cref="TemplateLimits.Default"/>.</param>
    /// <exception cref="ChatTemplateException">The text is malformed or uses what is not supported; the message shows the construct.</exception>
    public static ChatTemplate Parse(string jinja, TemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(jinja);
        return new ChatTemplate(jinja, new CompiledTemplate(jinja, limits ?? TemplateLimits.Default), null, []);
    }

    /// <summary>
    /// The template of a model folder, from <c>chat_template.jinja</c>, <c>chat_template.json</c> or <c>tokenizer_config.json</c> (a string, or a list
    /// of named ones), with the folder's <c>bos_token</c>, <c>eos_token</c> and the like as variables.
    /// </summary>
    /// <param name="path">The model's folder.</param>
    /// <param name="name">Which of several named templates to use; null for <c>default</c>, and <c>tool_use</c> when tools are given.</param>
    /// <exception cref="ChatTemplateException">There is no such template, or it cannot be read.</exception>
    public static ChatTemplate FromFolder(string path, string? name = null) =>
        FindInFolder(path, name) ?? throw new ChatTemplateException(
            ChatTemplateErrorKind.File,
            $"{path}: no chat template in chat_template.jinja, chat_template.json or tokenizer_config.json.");

    /// <summary>As <see cref="FromFolder"/>, but null if the folder carries no template at all.</summary>
    public static ChatTemplate? FindInFolder(string path, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        TemplateFolder folder = TemplateFolder.Read(path);
        if (folder.Templates.Count == 0)
        {
            return null;
        }

        if (!folder.Templates.TryGetValue(name ?? TemplateFolder.DefaultName, out string? source))
        {
            throw new ChatTemplateException(
                ChatTemplateErrorKind.File,
                $"{path}: no chat template named '{name ?? TemplateFolder.DefaultName}'; there are: {string.Join(", ", folder.Templates.Keys)}.");
        }

        CompiledTemplate? tools = name is null && folder.Templates.TryGetValue(TemplateFolder.ToolUseName, out string? toolSource)
            ? new CompiledTemplate(toolSource, TemplateLimits.Default)
            : null;
        return new ChatTemplate(source, new CompiledTemplate(source, TemplateLimits.Default), tools, folder.Tokens);
    }

    /// <summary>The same template with special tokens as variables, such as <c>("bos_token", "&lt;s&gt;")</c>; they count as the template's own text.</summary>
    public ChatTemplate WithTokens(params ReadOnlySpan<(string Name, string Text)> tokens)
    {
        var all = new Dictionary<string, string>(_tokens, StringComparer.Ordinal);
        foreach ((string name, string text) in tokens)
        {
            all[name] = text;
        }

        return new ChatTemplate(Source, _template, _toolTemplate, all) { Clock = Clock };
    }

    /// <summary>The same template with a clock of its own for <c>strftime_now</c>.</summary>
    public ChatTemplate WithClock(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return new ChatTemplate(Source, _template, _toolTemplate, _tokens) { Clock = clock };
    }

    /// <summary>The prompt as one string. Special tokens in user text look the same as the template's here: use <see cref="RenderSegments"/> to encode.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether to end with the opening of the assistant's turn.</param>
    /// <param name="tools">Tool descriptions, each usually a JSON schema; null for none.</param>
    /// <param name="variables">Further variables of the template, such as <c>enable_thinking</c>; text in them is user data.</param>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, fails on it, or passes its limits.</exception>
    public string Render(
        IEnumerable<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyList<TemplateValue>? tools = null,
        IReadOnlyDictionary<string, TemplateValue>? variables = null) =>
        RenderValue(messages, addGenerationPrompt, tools, variables).Text;

    /// <summary>The prompt as special tokens and literal text; the pieces joined are what <see cref="Render"/> gives.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether to end with the opening of the assistant's turn.</param>
    /// <param name="specialTokens">The strings of the tokenizer's special tokens.</param>
    /// <param name="tools">Tool descriptions, each usually a JSON schema; null for none.</param>
    /// <param name="variables">Further variables of the template; text in them is user data.</param>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, fails on it, or passes its limits.</exception>
    public IReadOnlyList<ChatSegment> RenderSegments(
        IEnumerable<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyCollection<string> specialTokens,
        IReadOnlyList<TemplateValue>? tools = null,
        IReadOnlyDictionary<string, TemplateValue>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(specialTokens);
        return SegmentSplitter.Split(RenderValue(messages, addGenerationPrompt, tools, variables), specialTokens);
    }

    private StringValue RenderValue(
        IEnumerable<ChatMessage> messages,
        bool addGenerationPrompt,
        IReadOnlyList<TemplateValue>? tools,
        IReadOnlyDictionary<string, TemplateValue>? variables)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var scope = new Scope(null);
        foreach ((string name, string text) in _tokens)
        {
            scope.Set(name, StringValue.FromTemplate(text));
        }

        scope.Set("messages", TemplateValue.FromList(messages.Select(message => message.ToValue())));
        scope.Set("tools", tools is null ? TemplateValue.None : TemplateValue.FromList(tools));
        scope.Set("documents", TemplateValue.None);
        scope.Set("add_generation_prompt", addGenerationPrompt);
        foreach ((string name, TemplateValue value) in variables ?? new Dictionary<string, TemplateValue>())
        {
            scope.Set(name, value);
        }

        return (tools is not null && _toolTemplate is not null ? _toolTemplate : _template).Render(scope, Clock);
    }
}
