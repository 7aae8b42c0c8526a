// SPDX-License-Identifier: MIT
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Typed answers of a model that knows nothing: they deserialize all the same.</summary>
internal sealed class StructuredOutputTests
{
    [Test]
    public async Task GetResponse_OfAType_AlwaysDeserializesOnNoise()
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        int quote = Models.Noise.Tokenizer!.Encode("\"").Single();
        int complete = 0;
        for (int seed = 0; seed < 30; seed++)
        {
            var options = new ChatOptions { Temperature = 1, Seed = seed, MaxOutputTokens = 1500, AdditionalProperties = new() { ["logit_bias"] = new Dictionary<int, float> { [quote] = 4 } } };
            ChatResponse<Report> response = await chat.GetResponseAsync<Report>("Report.", options);
            if (response.FinishReason == ChatFinishReason.Length)
            {
                continue;
            }

            Assert.That(response.TryGetResult(out Report? report), Is.True, response.Text);
            Assert.That(report!.Level, Is.InRange(0, 100));
            complete++;
        }

        Assert.That(complete, Is.GreaterThan(20), "most come to their end");
    }

    [Test]
    public async Task GetResponse_OfANumberOrAList_DeserializesThroughItsWrapper()
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        ChatResponse<bool> truth = await chat.GetResponseAsync<bool>("x", new ChatOptions { Temperature = 1, Seed = 3 });
        Assert.That(truth.TryGetResult(out _), Is.True, truth.Text);
        ChatResponse<List<DayOfWeek>> days = await chat.GetResponseAsync<List<DayOfWeek>>("x", new ChatOptions { Temperature = 1, Seed = 4 });
        Assert.That(days.TryGetResult(out _), Is.True, days.Text);
    }

    [Test]
    public async Task GetResponse_CutByTheLength_SaysSo()
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        ChatResponse<Report> response = await chat.GetResponseAsync<Report>("x", new ChatOptions { Temperature = 1, Seed = 1, MaxOutputTokens = 12 });
        Assert.That((response.FinishReason, response.TryGetResult(out _)), Is.EqualTo((ChatFinishReason.Length, false)));
    }

    private sealed class Report
    {
        [System.ComponentModel.DataAnnotations.Range(0, 100)]
        public required int Level { get; init; }

        public required bool IsOn { get; init; }

        public required DayOfWeek Day { get; init; }

        public required DateOnly Date { get; init; }

        [MaxLength(20)]
        public required string Name { get; init; }

        public required long? Count { get; init; }

        public required double Ratio { get; init; }

        public required Guid Id { get; init; }

        public required Uri Link { get; init; }

        public required List<long> Values { get; init; }
    }
}
