// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Streams;
using Phi4.Cli.Verbs;
using Phi4.Tokenizer;

namespace Phi4.Cli.Options;

/// <summary>Where a prompt comes from: the command line, a file, standard input, or token ids.</summary>
internal sealed class PromptOptions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Argument<string[]> _words;
    private readonly Option<string?> _file;
    private readonly Option<string?> _ids;
    private readonly Option<string?> _system;
    private readonly Option<bool> _raw;

    public PromptOptions(OptionFactory factory)
    {
        _words = new Argument<string[]>("prompt")
        {
            Description = "The prompt; several words are joined with spaces. Piped standard input is the prompt, or follows it after an empty line.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        _file = factory.Text("--file", ["-f"], "FILE", "Read the prompt from a file; after an empty line if there is a prompt too. - is standard input.");
        _ids = factory.Text("--ids", [], "1,2,3", "Continue these token ids as they are; needs no tokenizer.");
        _system = factory.Text("--system", [], "TEXT", "What the model is told about its task before the prompt.");
        _raw = factory.Switch("--raw", [], "Continue the prompt as it stands, without the chat format; special tokens in it count as such.");
    }

    public void AddTo(Command command)
    {
        command.Add(_words);
        command.Add(_file);
        command.Add(_ids);
        command.Add(_system);
        command.Add(_raw);
    }

    /// <summary>The prompt. Never waits for a terminal.</summary>
    public async Task<Prompt> ReadAsync(VerbContext context)
    {
        string[] words = context.Parse.GetValue(_words) ?? [];
        string? file = context.Parse.GetValue(_file);
        string? system = context.Parse.GetValue(_system);
        bool raw = context.Parse.GetValue(_raw);
        if (raw && system is not null)
        {
            throw CommandException.Usage("--system belongs to the chat format, which --raw leaves out.");
        }

        if (context.Parse.GetValue(_ids) is { } ids)
        {
            return words.Length == 0 && file is null && system is null && !raw
                ? Prompt.FromTokens(TokenIds.Parse(ids))
                : throw CommandException.Usage("--ids is the whole prompt: it goes with no text, --file, --system or --raw.");
        }

        string text = await ReadTextAsync(context, words, file).ConfigureAwait(false);
        if (raw)
        {
            return Prompt.FromText(text, SpecialTokenHandling.Parse);
        }

        return Prompt.FromChat(system is null ? [new ChatMessage("user", text)] : [new ChatMessage("system", system), new ChatMessage("user", text)]);
    }

    private static async Task<string> ReadTextAsync(VerbContext context, string[] words, string? file)
    {
        Terminal terminal = context.Terminal;
        List<string> parts = [];
        bool fromInput = file == "-" || words is ["-"];
        if (words.Length > 0 && words is not ["-"])
        {
            parts.Add(string.Join(' ', words));
        }

        if (file is not null and not "-")
        {
            parts.Add(WithoutLastLineEnd(await File.ReadAllTextAsync(file, context.Cancellation).ConfigureAwait(false)));
        }
        else if (!terminal.InputIsTerminal)
        {
            string piped = WithoutLastLineEnd(await ReadPipedAsync(context, mayBeNone: parts.Count > 0 && !fromInput).ConfigureAwait(false));
            if (piped.Length > 0)
            {
                parts.Add(piped);
            }
        }
        else if (fromInput)
        {
            throw CommandException.Usage("Standard input is a terminal; - reads a prompt that is piped in.", "`phi4 chat` talks on a terminal.");
        }

        return parts.Count > 0
            ? string.Join("\n\n", parts)
            : throw CommandException.Usage("No prompt given.", "phi4 run \"What is 12 + 30?\", --file FILE, or pipe it in; `phi4 chat` talks on a terminal.");
    }

    /// <summary>Standard input that somebody holds open and never writes to would be waited for in silence: say so.</summary>
    private static async Task<string> ReadPipedAsync(VerbContext context, bool mayBeNone)
    {
        Task<string> reading = context.Terminal.ReadToEndAsync(context.Cancellation);
        if (mayBeNone && await Task.WhenAny(reading, Task.Delay(Patience, context.Cancellation)).ConfigureAwait(false) != reading)
        {
            context.Talk.Note("reading standard input too, which follows the prompt; `< /dev/null` if there is none");
        }

        return await reading.ConfigureAwait(false);
    }

    private static string WithoutLastLineEnd(string text) => text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}
