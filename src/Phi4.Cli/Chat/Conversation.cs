// SPDX-License-Identifier: MIT
using Phi4.Tokenizer;

namespace Phi4.Cli.Chat;

/// <summary>What was said so far, and the task that the model was given.</summary>
internal sealed class Conversation
{
    /// <summary>The task; null for none.</summary>
    public string? System { get; set; }

    /// <summary>Questions and answers, in turn.</summary>
    public List<ChatMessage> Turns { get; } = [];

    /// <summary>All of it, as a chat template takes it.</summary>
    public IReadOnlyList<ChatMessage> Messages() => System is null ? [.. Turns] : [new ChatMessage("system", System), .. Turns];
}
