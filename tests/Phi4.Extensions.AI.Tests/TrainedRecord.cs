// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.TestSupport;

namespace Phi4.Extensions.AI.Tests;

/// <summary>A line of the sample model's records.jsonl: a sentence, and what it says under a schema.</summary>
internal sealed record TrainedRecord(JsonElement Schema, string Sentence, JsonElement Expected)
{
    public static IEnumerable<TrainedRecord> Read() => File.ReadLines(Path.Combine(Samples.Model, "records.jsonl")).Select(line =>
    {
        JsonElement row = JsonElement.Parse(line), messages = row.GetProperty("messages");
        return new TrainedRecord(row.GetProperty("schema"), messages[0].GetProperty("content").GetString()!, JsonElement.Parse(messages[1].GetProperty("content").GetString()!));
    });
}
