// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Chat;

/// <summary>What the chat does after a line.</summary>
internal enum ChatAction
{
    /// <summary>Asks for the next line.</summary>
    GoOn,

    /// <summary>Answers the last question again.</summary>
    AnswerAgain,

    /// <summary>Tells what the conversation takes.</summary>
    CountTokens,

    /// <summary>Ends.</summary>
    Leave,
}

/// <summary>The lines that are no messages: they begin with a slash.</summary>
internal sealed class ChatCommands(Talk talk, ChatSettings settings, Conversation conversation)
{
    private const string Help = """"
        /help            this list
        /system TEXT     tell the model its task and begin anew; without TEXT: no task
        /clear           forget the conversation
        /regen           answer the last question again
        /set             how answers are drawn; /set NAME VALUE changes it
        /set stats on    tell tokens a second after each answer
        /tokens          how much of the context the conversation takes
        /save FILE       keep the conversation; /load FILE goes on with it
        /bye             leave; so do Ctrl-D, and Ctrl-C twice
        Several lines    end a line with \, press Alt-Enter or Ctrl-J,
                         or put them between """ and """
        Ctrl-C           stops an answer; throws away what is typed
        """";

    private static readonly string[] Names = ["/help", "/system", "/clear", "/regen", "/set", "/tokens", "/save", "/load", "/bye"];

    /// <summary>Whether a line is a command; a message may begin with a slash behind a space, or have several lines.</summary>
    public static bool Is(string line) => line.StartsWith('/') && !line.Contains('\n', StringComparison.Ordinal);

    /// <summary>The command that a beginning can only mean, or as much of it as all that it can mean share; null if that is no more than the beginning.</summary>
    public static string? Complete(string text)
    {
        string[] possible = [.. Names.Where(name => text.Length > 0 && name.StartsWith(text, StringComparison.Ordinal))];
        if (possible.Length == 0)
        {
            return null;
        }

        string shared = possible.Length == 1
            ? possible[0] + " "
            : possible[0][..possible.Min(name => name.Zip(possible[0]).TakeWhile(pair => pair.First == pair.Second).Count())];
        return shared.Length > text.Length ? shared : null;
    }

    /// <summary>Does what a line says, as far as it can be done here.</summary>
    /// <exception cref="CommandException">It can't be done; the talk goes on.</exception>
    public ChatAction Run(string line)
    {
        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        string rest = words.Length > 1 ? words[1] : "";
        switch (words[0])
        {
            case "/bye" or "/exit" or "/quit":
                return ChatAction.Leave;
            case "/help" or "/?":
                talk.Note(Help);
                return ChatAction.GoOn;
            case "/clear":
                conversation.Turns.Clear();
                talk.Note("forgotten");
                return ChatAction.GoOn;
            case "/system":
                conversation.System = rest.Length > 0 ? rest : null;
                conversation.Turns.Clear();
                talk.Note(rest.Length > 0 ? "the model has its task; the conversation begins anew" : "no task; the conversation begins anew");
                return ChatAction.GoOn;
            case "/regen":
                return conversation.Turns is [.., { Role: "assistant" }] ? ChatAction.AnswerAgain : throw CommandException.Usage("There is no answer yet.");
            case "/tokens":
                return ChatAction.CountTokens;
            case "/set":
                Set(rest);
                return ChatAction.GoOn;
            case "/save":
                ConversationFile.Save(File(words[0], rest), conversation);
                talk.Note(FormattableString.Invariant($"{conversation.Turns.Count} messages saved to {rest}"));
                return ChatAction.GoOn;
            case "/load":
                Load(File(words[0], rest));
                return ChatAction.GoOn;
            default:
                talk.Note($"{words[0]} is no command; /help lists them. A message that begins with a slash needs a space before it.");
                return ChatAction.GoOn;
        }
    }

    private void Set(string rest)
    {
        string[] words = rest.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 2)
        {
            settings.Set(words[0], words[1]);
        }

        string[] lines = [.. settings.Describe()];
        string[] asked = words.Length == 0 ? lines : [.. lines.Where(line => line.StartsWith($"{(words[0] == "temp" ? "temperature" : words[0])} ", StringComparison.Ordinal))];
        talk.Note(string.Join('\n', asked.Length > 0 ? asked : lines));
    }

    private void Load(string file)
    {
        Conversation loaded = ConversationFile.Load(file);
        conversation.System = loaded.System;
        conversation.Turns.Clear();
        conversation.Turns.AddRange(loaded.Turns);
        talk.Note(FormattableString.Invariant($"{loaded.Turns.Count} messages{(loaded.System is null ? "" : " and a task")} loaded from {file}"));
    }

    private static string File(string command, string name) => name.Length > 0 ? name : throw CommandException.Usage($"{command} needs a file's name: {command} talk.json");
}
