// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Phi4.Cli.Errors;
using Phi4.Cli.Json;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 score</c>: the log-probability of every token of a text.</summary>
internal sealed class ScoreVerb : IVerb
{
    private readonly ModelOptions _model;
    private readonly Argument<string[]> _words;
    private readonly Option<string?> _ids;
    private readonly Option<bool> _lines;
    private readonly Option<bool> _logits;

    public ScoreVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        _words = new Argument<string[]>("text") { Description = "The text to score; several words are joined with spaces.", Arity = ArgumentArity.ZeroOrMore };
        _ids = factory.Text("--ids", [], "1,2,3", "Score these token ids; needs no tokenizer.");
        _lines = factory.Switch(
            "--jsonl", [], "Read {\"ids\":[…]} or {\"text\":…} a line, write {\"logprobs\":[…],\"top\":[[id,logprob],…]} a line; the first entries are null.");
        _logits = factory.Switch("--logits", [], "Add \"logits_last\", the logits after the last token; needs --jsonl.");
        Command = new Command("score", "Tells how probable the model finds each token of a text after those before it.");
        Command.Add(_words);
        Command.Add(_ids);
        Command.Add(_lines);
        Command.Add(_logits);
        _model.AddTo(Command);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        string[] words = context.Parse.GetValue(_words) ?? [];
        string? ids = context.Parse.GetValue(_ids);
        bool lines = context.Parse.GetValue(_lines);
        bool logits = context.Parse.GetValue(_logits);
        if ((words.Length > 0 ? 1 : 0) + (ids is null ? 0 : 1) + (lines ? 1 : 0) != 1)
        {
            throw CommandException.Usage("score takes one of a text, --ids and --jsonl.");
        }

        if (logits && !lines)
        {
            throw CommandException.Usage("--logits needs --jsonl.");
        }

        int[]? asked = ids is null ? null : TokenIds.Parse(ids);
        LoadedModel loaded = await ModelLoading.LoadAsync(context, _model).ConfigureAwait(false);
        await using Phi4Model model = loaded.Model;
        if (lines)
        {
            return await JsonLines.AnswerAsync(
                context.Terminal, (request, writer) => AnswerAsync(model, request, logits, writer, context.Cancellation), context.Cancellation).ConfigureAwait(false);
        }

        Prompt prompt = asked is null ? Prompt.FromText(string.Join(' ', words)) : Prompt.FromTokens(asked);
        WriteTable(context.Terminal, model, await model.ScoreAsync(prompt, false, context.Cancellation).ConfigureAwait(false));
        return ExitCode.Success;
    }

    private static async Task AnswerAsync(
        Phi4Model model, JsonElement request, bool includeLogits, Utf8JsonWriter writer, CancellationToken cancellationToken)
    {
        bool isText = !request.TryGetProperty("ids", out _) && request.TryGetProperty("text", out _);
        Prompt prompt = isText ? Prompt.FromText(RequestFields.Text(request)) : Prompt.FromTokens(RequestFields.Ids(request));
        TokenScores scores = await model.ScoreAsync(prompt, includeLogits, cancellationToken).ConfigureAwait(false);
        if (isText)
        {
            writer.WriteStartArray("ids");
            foreach (int id in scores.TokenIds)
            {
                writer.WriteNumberValue(id);
            }

            writer.WriteEndArray();
        }

        writer.WriteStartArray("logprobs");
        foreach (float? value in scores.LogProbs)
        {
            JsonValues.Write(writer, value);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("top");
        foreach (TokenLogProb? value in scores.Top)
        {
            JsonValues.Write(writer, value);
        }

        writer.WriteEndArray();
        if (includeLogits && scores.LastLogits is { } logits)
        {
            writer.WriteStartArray("logits_last");
            foreach (float value in logits.ToArray())
            {
                JsonValues.Write(writer, (float?)value);
            }

            writer.WriteEndArray();
        }
    }

    private static void WriteTable(Terminal terminal, Phi4Model model, TokenScores scores)
    {
        var table = new TextTable("token", "logprob", "top", "logprob", "text");
        for (int i = 0; i < scores.TokenIds.Count; i++)
        {
            table.Add(
                scores.TokenIds[i].ToString(CultureInfo.InvariantCulture),
                scores.LogProbs[i]?.ToString("F4", CultureInfo.InvariantCulture) ?? "",
                scores.Top[i]?.Id.ToString(CultureInfo.InvariantCulture) ?? "",
                scores.Top[i]?.LogProb.ToString("F4", CultureInfo.InvariantCulture) ?? "",
                model.Tokenizer is null ? "" : JsonText.Quote(model.Tokenizer.Decode([scores.TokenIds[i]])));
        }

        table.WriteTo(terminal.Out);
        if (scores.TokenIds.Count > 1)
        {
            terminal.Out.WriteLine(FormattableString.Invariant(
                $"mean logprob {scores.MeanLogProb:F4}, perplexity {Math.Exp(-scores.MeanLogProb):F3} over {scores.TokenIds.Count - 1} tokens"));
        }

        terminal.Out.Flush();
    }
}
