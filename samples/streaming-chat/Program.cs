// SPDX-License-Identifier: MIT
// A conversation over IChatClient, streamed: a line in, an answer out, until there is no more.
using Microsoft.Extensions.AI;
using Phi4;
using Phi4.Extensions.AI;

await using Phi4Model model = await Phi4Model.LoadAsync(args.FirstOrDefault() ?? "samples/phi4-sample");
using IChatClient chat = model.AsChatClient();
List<ChatMessage> history = [];

while (Console.ReadLine() is { Length: > 0 } line)
{
    history.Add(new(ChatRole.User, line));
    List<ChatResponseUpdate> updates = [];
    await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(history))
    {
        Console.Write(update.Text);
        updates.Add(update);
    }

    Console.WriteLine();
    history.AddMessages(updates);
}
