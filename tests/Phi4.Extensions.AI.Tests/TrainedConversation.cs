// SPDX-License-Identifier: MIT
using System.Text.Json;
using Microsoft.Extensions.AI;
using Phi4.TestSupport;

namespace Phi4.Extensions.AI.Tests;

/// <summary>A line of the sample model's tools.jsonl: what is offered, asked, called and answered.</summary>
/// <param name="Task">What kind of conversation.</param>
/// <param name="System">The system turn, on the first line with so many tools.</param>
/// <param name="Tools">They give what the line says that they give.</param>
/// <param name="Question">The user's.</param>
/// <param name="Calls">As <see cref="Write"/> writes them.</param>
/// <param name="Answer">The last turn.</param>
internal sealed record TrainedConversation(string Task, string? System, IReadOnlyList<AITool> Tools, string Question, IReadOnlyList<string> Calls, string Answer)
{
    public static IEnumerable<TrainedConversation> Read(string file) => File.ReadLines(Path.Combine(Samples.Model, file)).Select(line => Of(JsonElement.Parse(line)));

    public static string Write(FunctionCallContent call) => JsonSerializer.Serialize(new { name = call.Name, arguments = call.Arguments });

    private static TrainedConversation Of(JsonElement row)
    {
        string[] turns = [.. row.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetString()!)];
        JsonElement[] calls = [.. turns[1..^1].Where((_, i) => i % 2 == 0).Select(turn => Inside(turn, "tool_call"))];
        string[] written = [.. calls.Select(call => JsonSerializer.Serialize(call))];
        Dictionary<string, JsonElement> results = [];
        for (int i = 0; i < calls.Length; i++)
        {
            results.TryAdd(written[i], Inside(turns[2 + (2 * i)], "tool_response").GetProperty("result"));
        }

        IEnumerable<AITool> tools = row.GetProperty("tools").EnumerateArray().Select(tool => new TrainedTool(tool, results));
        return new(row.GetProperty("task").GetString()!, row.TryGetProperty("system", out JsonElement system) ? system.GetString() : null, [.. tools], turns[0], written, turns[^1]);
    }

    private static JsonElement Inside(string turn, string tag) => JsonElement.Parse(turn[$"<{tag}>".Length..^$"</{tag}>".Length]);

    /// <summary>Gives the result that belongs to its arguments, and nothing where the line has none.</summary>
    private sealed class TrainedTool(JsonElement declaration, Dictionary<string, JsonElement> results) : AIFunction
    {
        public override string Name { get; } = declaration.GetProperty("name").GetString()!;

        public override string Description { get; } = declaration.GetProperty("description").GetString()!;

        public override JsonElement JsonSchema { get; } = declaration.GetProperty("parameters");

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
        {
            string call = JsonSerializer.Serialize(new { name = Name, arguments = new Dictionary<string, object?>(arguments) });
            return new(results.TryGetValue(call, out JsonElement result) ? result : null);
        }
    }
}
