// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Errors;
using Phi4.Cli.Json;
using Phi4.Tokenizer;

namespace Phi4.Cli.Chat;

/// <summary>A conversation on disk: <c>{"messages":[{"role":…,"content":…},…]}</c>, which <c>phi4 template</c> reads too.</summary>
internal static class ConversationFile
{
    /// <summary>Writes it in one go. A file that holds something else than a conversation is left alone.</summary>
    /// <exception cref="CommandException">There is such a file.</exception>
    public static void Save(string path, Conversation conversation)
    {
        path = Expand(path);
        if (File.Exists(path) && !IsConversation(path))
        {
            throw new CommandException(ExitCode.Failed, $"{path} is there and holds no conversation, so it stays as it is; name another file.");
        }

        using var line = new JsonLine();
        string json = line.Object(writer =>
        {
            writer.WriteStartArray("messages");
            foreach (ChatMessage message in conversation.Messages())
            {
                writer.WriteStartObject();
                writer.WriteString("role", message.Role);
                writer.WriteString("content", message.Content);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
        string fresh = $"{path}.{Environment.ProcessId}.new";
        File.WriteAllText(fresh, json + "\n");
        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="RequestException">It is none.</exception>
    public static Conversation Load(string path)
    {
        path = Expand(path);
        IReadOnlyList<ChatMessage> messages = Read(path);
        bool hasSystem = messages is [{ Role: "system" }, ..];
        var conversation = new Conversation { System = hasSystem ? messages[0].Content : null };
        foreach (ChatMessage message in messages.Skip(hasSystem ? 1 : 0))
        {
            conversation.Turns.Add(message is { Role: "user" or "assistant", Content: not null }
                ? message
                : throw RequestException.InvalidRequest($"{path}: a message of role \"{message.Role}\" cannot be talked on with; allowed: text of system (first), user and assistant."));
        }

        return conversation;
    }

    private static IReadOnlyList<ChatMessage> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Array => RequestFields.MessageList(document.RootElement),
                JsonValueKind.Object => RequestFields.Messages(document.RootElement),
                _ => throw RequestException.InvalidRequest($"{path} holds no conversation."),
            };
        }
        catch (JsonException e)
        {
            throw RequestException.InvalidRequest($"{path} holds no conversation: {e.Message}");
        }
    }

    private static bool IsConversation(string path)
    {
        try
        {
            return new FileInfo(path).Length == 0 || Read(path).Count >= 0;
        }
        catch (Exception e) when (e is RequestException or TokenizerException)
        {
            return false;
        }
    }

    private static string Expand(string path) =>
        path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..]) : path;
}
