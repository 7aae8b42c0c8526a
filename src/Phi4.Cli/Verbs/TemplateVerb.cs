// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Text.Json;
using Phi4.Cli.Errors;
using Phi4.Cli.Json;
using Phi4.Cli.Options;
using Phi4.Tokenizer;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 template</c>: a conversation as the model would see it.</summary>
internal sealed class TemplateVerb : IVerb
{
    private readonly Argument<string?> _file;
    private readonly Option<string?> _model;
    private readonly Option<string?> _template;
    private readonly Option<bool> _opensAnswer;
    private readonly Option<OutputFormat?> _output;

    public TemplateVerb(OptionFactory factory)
    {
        _file = new Argument<string?>("messages")
        {
            Description = "JSON file: a list of {\"role\":…,\"content\":…}, or an object with \"messages\". Without it, or with -: standard input.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        _model = factory.Text("--model", ["-m"], "DIR", "Folder whose template is used. Default: phi-4's template.", "PHI4_MODEL");
        _template = factory.Text("--template", [], "FILE", "Jinja file to use instead.");
        _opensAnswer = factory.Switch("--add-generation-prompt", [], "End with the opening of the assistant's turn; \"add_generation_prompt\" in the file does too.");
        _output = factory.Choice(
            "--output", ["-o"], "json prints {\"text\":…}.", "text", "PHI4_OUTPUT", ("text", OutputFormat.Text), ("json", OutputFormat.Json));
        Command = new Command("template", "Renders a conversation by a chat template.");
        Command.Add(_file);
        Command.Add(_model);
        Command.Add(_template);
        Command.Add(_opensAnswer);
        Command.Add(_output);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        ChatTemplate template = await ReadTemplateAsync(context).ConfigureAwait(false);
        using JsonDocument document = await ReadMessagesAsync(context).ConfigureAwait(false);
        JsonElement root = document.RootElement;
        IReadOnlyList<ChatMessage> messages = root.ValueKind switch
        {
            JsonValueKind.Array => RequestFields.MessageList(root),
            JsonValueKind.Object => RequestFields.Messages(root),
            _ => throw RequestException.InvalidRequest($"The document is a {root.ValueKind}; allowed: a list of messages, or an object with \"messages\"."),
        };
        bool opensAnswer = context.Parse.GetValue(_opensAnswer)
            || (root.ValueKind == JsonValueKind.Object && RequestFields.AddGenerationPrompt(root) == true);
        string text = template.Render(messages, opensAnswer);
        if (context.Parse.GetValue(_output) == OutputFormat.Json)
        {
            using var line = new JsonLine();
            text = line.Object(writer => writer.WriteString("text", text));
        }

        context.Terminal.Out.WriteLine(text);
        return ExitCode.Success;
    }

    private async Task<ChatTemplate> ReadTemplateAsync(VerbContext context)
    {
        if (context.Parse.GetValue(_template) is { } file)
        {
            return ChatTemplate.Parse(await File.ReadAllTextAsync(file, context.Cancellation).ConfigureAwait(false));
        }

        if (context.Parse.GetValue(_model) is not { Length: > 0 } folder)
        {
            return ChatTemplate.Phi4;
        }

        folder = ModelSource.Locate(folder, context.Terminal.Environment);
        return Directory.Exists(folder)
            ? ChatTemplate.FromFolder(folder)
            : throw new CommandException(ExitCode.ModelNotFound, $"No model at {folder}: there is no such folder.");
    }

    private async Task<JsonDocument> ReadMessagesAsync(VerbContext context)
    {
        string? file = context.Parse.GetValue(_file);
        if (file is null or "-" && context.Terminal.InputIsTerminal)
        {
            throw CommandException.Usage("No messages given.", "name a JSON file, or pipe the JSON in.");
        }

        string json = file is null or "-"
            ? await context.Terminal.ReadToEndAsync(context.Cancellation).ConfigureAwait(false)
            : await File.ReadAllTextAsync(file, context.Cancellation).ConfigureAwait(false);
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new RequestException("invalid_json", $"{(file is null or "-" ? "standard input" : file)}: {e.Message}");
        }
    }
}
