// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;
using Phi4.Cli.Streams;
using Phi4.Cli.Verbs;
using Phi4.Tokenizer;

namespace Phi4.Cli.Chat;

/// <summary>Lets the model answer, shows the answer as it comes, and keeps it in the conversation.</summary>
internal sealed class ChatAnswerer(VerbContext context, LoadedModel loaded, ChatSettings settings, Conversation conversation)
{
    private GenerationUsage? _last;

    /// <summary>Answers a new question. One that cannot be answered, or whose answer was stopped before it began, is no part of the conversation.</summary>
    public async Task AnswerAsync(string question)
    {
        conversation.Turns.Add(new ChatMessage("user", question));
        AnswerWriter? answer = await WriteAsync().ConfigureAwait(false);
        if (answer is null || (answer.Finish == FinishReason.Cancelled && answer.Text.Length == 0))
        {
            conversation.Turns.RemoveAt(conversation.Turns.Count - 1);
            return;
        }

        conversation.Turns.Add(new ChatMessage("assistant", answer.Text));
    }

    /// <summary>Another answer in the place of the last one, which stays if there is no other.</summary>
    public async Task AnswerAgainAsync()
    {
        ChatMessage before = conversation.Turns[^1];
        conversation.Turns.RemoveAt(conversation.Turns.Count - 1);
        AnswerWriter? answer = await WriteAsync().ConfigureAwait(false);
        conversation.Turns.Add(answer is { Text.Length: > 0 } ? new ChatMessage("assistant", answer.Text) : before);
    }

    /// <summary>What the conversation takes of the context, and how fast the last answer came.</summary>
    public string CountTokens()
    {
        Phi4Model model = loaded.Model;
        Phi4Tokenizer tokenizer = model.Tokenizer!;
        IReadOnlyList<ChatMessage> messages = conversation.Messages();
        int count = messages.Count == 0
            ? 0
            : tokenizer.EncodeChat(model.ChatTemplate!.RenderSegments(messages, addGenerationPrompt: true, tokenizer.SpecialTokens), strip: true).Length;
        string text = FormattableString.Invariant($"conversation: {count:N0} of {model.ContextLength:N0} tokens");
        return _last is null
            ? text
            : text + FormattableString.Invariant($"; last answer: {_last.GeneratedTokens:N0} tokens at {_last.GeneratedTokensPerSecond:F1}/s");
    }

    /// <summary>The answer, or null if there can be none, which is then told.</summary>
    private async Task<AnswerWriter?> WriteAsync()
    {
        Terminal terminal = context.Terminal;
        bool wraps = terminal.OutputIsTerminal && terminal.Keys is not null;
        var answer = new AnswerWriter(terminal, streams: true, wraps ? new WordWrap(() => terminal.Size().Columns) : null);
        using Interrupts.Answer interruptible = context.Interrupts.BeginAnswer();
        try
        {
            await answer.TakeAsync(loaded.Model.GenerateAsync(Prompt.FromChat(conversation.Messages()), settings.Options, interruptible.Token)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Phi4Exception or TokenizerException or ArgumentException)
        {
            ErrorReport report = ErrorReport.Of(e);
            context.Talk.Report(e is ContextLengthExceededException ? report with { Hint = "/clear forgets the conversation." } : report, e);
            return null;
        }

        terminal.Out.WriteLine();
        terminal.Out.Flush();
        _last = answer.Usage ?? _last;
        Remark(answer);
        return answer;
    }

    /// <summary>Why an answer ended that did not end by itself, and what it took if that was asked for.</summary>
    private void Remark(AnswerWriter answer)
    {
        string? why = answer.Finish switch
        {
            FinishReason.Cancelled => "(stopped)",
            FinishReason.Length => "(cut: /set max-tokens sets the length)",
            FinishReason.ContextFull => "(the context is full: /clear forgets the conversation)",
            _ => null,
        };
        if (settings.Statistics && answer.Usage is { } usage)
        {
            context.Talk.Note(
                FormattableString.Invariant($"prompt {usage.PromptTokens:N0} tokens{(usage.CachedTokens > 0 ? FormattableString.Invariant($" ({usage.CachedTokens:N0} cached)") : "")} at {usage.PromptTokensPerSecond:F0}/s, ")
                + FormattableString.Invariant($"answer {usage.GeneratedTokens:N0} at {usage.GeneratedTokensPerSecond:F1}/s, seed {usage.Seed}"));
        }

        if (context.Terminal.InputIsTerminal)
        {
            context.Talk.Note(why is null ? "" : $"{why}\n");
        }
    }
}
