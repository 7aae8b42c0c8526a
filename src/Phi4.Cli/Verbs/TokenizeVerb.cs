// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Phi4.Cli.Errors;
using Phi4.Cli.Json;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;
using Phi4.Tokenizer;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 tokenize</c>: text to token ids and back.</summary>
internal sealed class TokenizeVerb : IVerb
{
    private readonly Argument<string[]> _words;
    private readonly Option<string?> _tokenizer;
    private readonly Option<string?> _model;
    private readonly Option<SpecialTokenHandling?> _special;
    private readonly Option<bool> _lines;
    private readonly Option<bool> _decode;
    private readonly Option<bool> _chat;
    private readonly Option<bool> _strip;
    private readonly Option<bool> _count;
    private readonly Option<bool> _pieces;
    private readonly Option<OutputFormat?> _output;

    public TokenizeVerb(OptionFactory factory)
    {
        _words = new Argument<string[]>("text")
        {
            Description = "The text, or with --decode the ids; several words are joined with spaces. Without it: standard input.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        _tokenizer = factory.Text(
            "--tokenizer", [], "FILE", "tokenizer.json, a .tiktoken file, or a folder that holds one. Default: the model's folder.", "PHI4_TOKENIZER");
        _model = factory.Text("--model", ["-m"], "DIR", "Folder whose tokenizer is used.", "PHI4_MODEL");
        _special = factory.Choice(
            "--special", [], "Special tokens that stand in the text: text leaves them text, parse makes them tokens, strip does too and drops white space around them "
            + "as the tokenizer's file says.",
            "text", null, ("text", SpecialTokenHandling.Text), ("parse", SpecialTokenHandling.Parse), ("strip", SpecialTokenHandling.Strip));
        _lines = factory.Switch("--jsonl", [], "Read one JSON object a line and write one a line: {\"text\":…} or {\"utf16\":[…]} gives {\"ids\":[…]}.");
        _decode = factory.Switch("--decode", [], "From ids to text; with --jsonl {\"ids\":[…]} gives {\"text\":…}.");
        _chat = factory.Switch(
            "--chat", [],
            "With --jsonl: {\"messages\":[…],\"add_generation_prompt\":bool} gives {\"text\":…,\"ids\":[…]}; text in messages never becomes a special token.");
        _strip = factory.Switch("--strip", [], "With --chat: white space beside the template's special tokens is dropped where the tokenizer's file says so.");
        _count = factory.Switch("--count", [], "Print only how many tokens there are.");
        _pieces = factory.Switch("--pieces", [], "Print a table of ids, their text and their bytes.");
        _output = factory.Choice(
            "--output", ["-o"], "json prints {\"ids\":[…]}, or {\"text\":…} with --decode.", "text", "PHI4_OUTPUT",
            ("text", OutputFormat.Text), ("json", OutputFormat.Json));
        Command = new Command("tokenize", "Turns text into token ids and back.");
        Command.Add(_words);
        Option[] options = [_tokenizer, _model, _special, _lines, _decode, _chat, _strip, _count, _pieces, _output];
        foreach (Option option in options)
        {
            Command.Add(option);
        }
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        ParseResult parse = context.Parse;
        bool isChat = parse.GetValue(_chat);
        bool decodes = parse.GetValue(_decode);
        Refuse(isChat && !parse.GetValue(_lines), "--chat needs --jsonl.", "`phi4 template` renders one conversation.");
        Refuse(isChat && decodes, "--chat and --decode exclude each other.");
        Refuse(parse.GetValue(_strip) && !isChat, "--strip belongs to --chat; --special strip does the same for text.");
        Refuse(parse.GetValue(_lines) && parse.GetValue(_words) is { Length: > 0 }, "--jsonl reads standard input: it goes with no text.");
        Refuse(parse.GetValue(_lines) && (parse.GetValue(_count) || parse.GetValue(_pieces)), "--count and --pieces do not go with --jsonl.");
        string path = PathOf(parse) ?? throw CommandException.Usage("No tokenizer given.", "--tokenizer FILE, or --model DIR.");
        path = ModelSource.Locate(path, context.Terminal.Environment);
        Phi4Tokenizer tokenizer = TokenizerFile.Read(path);
        SpecialTokenHandling special = parse.GetValue(_special) ?? SpecialTokenHandling.Text;
        if (!parse.GetValue(_lines))
        {
            string input = await ReadAsync(context).ConfigureAwait(false);
            Write(context, tokenizer, decodes ? TokenIds.Parse(input) : tokenizer.Encode(input, special), decodes);
            return ExitCode.Success;
        }

        ChatTemplate? template = isChat ? TokenizerFile.TemplateBeside(path) : null;
        bool strips = parse.GetValue(_strip);
        return await JsonLines.AnswerAsync(context.Terminal, Answer, context.Cancellation).ConfigureAwait(false);

        Task Answer(JsonElement request, Utf8JsonWriter writer)
        {
            if (template is not null)
            {
                AnswerChat(writer, tokenizer, template, request, strips);
            }
            else if (decodes)
            {
                writer.WriteString("text", tokenizer.Decode(RequestFields.Ids(request)));
            }
            else
            {
                WriteIds(writer, tokenizer.Encode(RequestFields.Text(request), special));
            }

            return Task.CompletedTask;
        }
    }

    /// <summary>What was typed goes before what the environment says.</summary>
    private string? PathOf(ParseResult parse)
    {
        bool isModelTyped = parse.GetResult(_model) is { Implicit: false };
        bool isTokenizerTyped = parse.GetResult(_tokenizer) is { Implicit: false };
        return isModelTyped && !isTokenizerTyped ? parse.GetValue(_model) : parse.GetValue(_tokenizer) ?? parse.GetValue(_model);
    }

    private static void AnswerChat(Utf8JsonWriter writer, Phi4Tokenizer tokenizer, ChatTemplate template, JsonElement request, bool strips)
    {
        IReadOnlyList<ChatMessage> messages = RequestFields.Messages(request);
        bool opensAnswer = RequestFields.AddGenerationPrompt(request) ?? false;
        IReadOnlyList<ChatSegment> segments = template.RenderSegments(messages, opensAnswer, tokenizer.SpecialTokens);
        writer.WriteString("text", string.Concat(segments.Select(segment => segment.Text)));
        WriteIds(writer, tokenizer.EncodeChat(segments, strips));
    }

    private static void WriteIds(Utf8JsonWriter writer, int[] ids)
    {
        writer.WriteStartArray("ids");
        foreach (int id in ids)
        {
            writer.WriteNumberValue(id);
        }

        writer.WriteEndArray();
    }

    private async Task<string> ReadAsync(VerbContext context)
    {
        if (context.Parse.GetValue(_words) is { Length: > 0 } words)
        {
            return string.Join(' ', words);
        }

        return !context.Terminal.InputIsTerminal
            ? await context.Terminal.ReadToEndAsync(context.Cancellation).ConfigureAwait(false)
            : throw CommandException.Usage("No text given.", "phi4 tokenize \"some text\", or pipe it in.");
    }

    private void Write(VerbContext context, Phi4Tokenizer tokenizer, int[] ids, bool decodes)
    {
        TextWriter output = context.Terminal.Out;
        if (context.Parse.GetValue(_count))
        {
            output.WriteLine(ids.Length.ToString(CultureInfo.InvariantCulture));
        }
        else if (context.Parse.GetValue(_pieces))
        {
            WritePieces(output, tokenizer, ids);
        }
        else if (context.Parse.GetValue(_output) == OutputFormat.Json)
        {
            using var line = new JsonLine();
            output.WriteLine(line.Object(writer =>
            {
                if (decodes)
                {
                    writer.WriteString("text", tokenizer.Decode(ids));
                }
                else
                {
                    WriteIds(writer, ids);
                }
            }));
        }
        else
        {
            output.WriteLine(decodes ? tokenizer.Decode(ids) : string.Join(' ', ids));
        }
    }

    private static void WritePieces(TextWriter output, Phi4Tokenizer tokenizer, int[] ids)
    {
        var table = new TextTable("id", "bytes", "text");
        foreach (int id in ids)
        {
            table.Add(
                id.ToString(CultureInfo.InvariantCulture),
                Convert.ToHexStringLower(tokenizer.GetTokenBytes(id).Span),
                JsonText.Quote(tokenizer.Decode([id])));
        }

        table.WriteTo(output);
    }

    private static void Refuse(bool wrong, string message, string? hint = null)
    {
        if (wrong)
        {
            throw CommandException.Usage(message, hint);
        }
    }
}
