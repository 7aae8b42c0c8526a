// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Responses;

namespace Phi4.Extensions.AI.Tests;

/// <summary>What comes back: texts, ids, reasons, usage, reports; and that it stops coming when nobody wants it.</summary>
internal sealed class ResponseTests
{
    private static IChatClient Sample => Chat.Sample;

    [Test]
    public async Task Response_StreamedOrWhole_IsTheSame()
    {
        List<ChatResponseUpdate> updates = await Sample.GetStreamingResponseAsync(Chat.Story).ToListAsync();
        ChatResponse whole = await Sample.GetResponseAsync(Chat.Story);
        Assert.That(updates.ToChatResponse().Text, Is.EqualTo(whole.Text).And.StartsWith("Once there was"));
        Assert.That(updates, Has.Count.GreaterThan(10));
        Assert.That(whole.Messages, Has.Count.EqualTo(1));
        Assert.That(updates.Select(update => (update.ResponseId, update.MessageId, update.Role, update.ModelId, update.CreatedAt)).Distinct().Count(), Is.EqualTo(1));
        Assert.That((updates[0].Role, updates[0].ModelId, whole.ModelId), Is.EqualTo((ChatRole.Assistant, "microsoft/phi-4", "microsoft/phi-4")));
        Assert.That(whole.ResponseId, Is.Not.Null.And.Not.EqualTo(updates[0].ResponseId));
        Assert.That(updates[..^1].Select(update => update.FinishReason), Is.All.Null);
        Assert.That((updates[^1].FinishReason, whole.FinishReason), Is.EqualTo((ChatFinishReason.Stop, ChatFinishReason.Stop)));
    }

    [Test]
    public async Task Usage_OfAnAnswer_AddsUp()
    {
        ChatResponse response = await Sample.GetResponseAsync(Chat.Sum, new ChatOptions { AdditionalProperties = new() { ["prompt_cache"] = false } });
        UsageDetails usage = response.Usage!;
        Assert.That(usage.TotalTokenCount, Is.EqualTo(usage.InputTokenCount + usage.OutputTokenCount));
        Assert.That(usage.OutputTokenCount, Is.EqualTo(Models.Sample.Tokenizer!.Encode(response.Text).Length + 1), "the end token is one of them");
        Assert.That(usage.CachedInputTokenCount, Is.Zero);
        Assert.That(usage.ReasoningTokenCount, Is.Null);
    }

    [Test]
    public async Task Usage_OfTheNextTurn_CountsWhatWasKept()
    {
        List<ChatMessage> history = [new(ChatRole.System, $"You are the calculator {Guid.NewGuid()}."), .. Chat.User(Chat.Sum)];
        ChatResponse first = await Sample.GetResponseAsync(history);
        history.AddMessages(first);
        history.AddRange(Chat.User("What is 1 + 1?"));
        ChatResponse second = await Sample.GetResponseAsync(history);
        long known = first.Usage!.TotalTokenCount!.Value - 1; // the end token was chosen, not computed
        Assert.That(second.Usage!.CachedInputTokenCount, Is.InRange(known - 3, known), "all but a beginning of a page that is not worth its copy");
        Assert.That(second.Usage.InputTokenCount, Is.GreaterThan(known + 5));

        var apart = new ChatOptions { AdditionalProperties = new() { ["prompt_cache"] = "false" } };
        ChatResponse alone = await Sample.GetResponseAsync(history, apart);
        Assert.That((alone.Usage!.CachedInputTokenCount, alone.Text), Is.EqualTo((0, second.Text)));
    }

    [Test]
    public async Task LogProbs_AskedFor_ComeWithEachChunkAndWholeAtTheEnd()
    {
        var options = new ChatOptions { AdditionalProperties = new() { ["logprobs"] = true, ["top_logprobs"] = 3 } };
        List<ChatResponseUpdate> updates = await Sample.GetStreamingResponseAsync(Chat.Sum, options).ToListAsync();
        var all = (IReadOnlyList<TokenLogProbs>)updates[^1].AdditionalProperties!["logprobs"]!;
        Assert.That(updates.SelectMany(update => ((GenerationChunk)update.RawRepresentation!).LogProbs ?? []), Is.EqualTo(all));
        Assert.That(all, Is.Not.Empty.And.All.Matches<TokenLogProbs>(entry => entry!.Top.Count == 3 && entry.Top[0] == entry.Chosen));
        Assert.That(updates.ToChatResponse().Messages[0].AdditionalProperties!["logprobs"], Is.SameAs(all));
    }

    [Test]
    public void GetService_ByTypeWithoutKey_FindsClientModelTokenizerAndMetadata()
    {
        Assert.That(Sample.GetService<IChatClient>(), Is.SameAs(Sample));
        Assert.That(Sample.GetService<Phi4ChatClient>(), Is.SameAs(Sample));
        Assert.That(Sample.GetService<Phi4Model>(), Is.SameAs(Models.Sample));
        Assert.That(Sample.GetService<Tokenizer.Phi4Tokenizer>(), Is.SameAs(Models.Sample.Tokenizer));
        ChatClientMetadata metadata = Sample.GetService<ChatClientMetadata>()!;
        Assert.That((metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId), Is.EqualTo(("phi4", (Uri?)null, "microsoft/phi-4")));
        Assert.That(Sample.GetService(typeof(Phi4Model), "key"), Is.Null);
        Assert.That(Sample.GetService(typeof(string)), Is.Null);
    }

    [Test]
    public async Task Dispose_OfAnOwner_DisposesTheModelAnyNumberOfTimes()
    {
        Phi4Model model = await Phi4Model.LoadAsync(TestSupport.Samples.Model, new() { ContextLength = 64 });
        var guest = new Phi4ChatClient(model);
        guest.Dispose();
        Assert.That((await guest.GetResponseAsync(Chat.Sum)).Text, Is.EqualTo(Chat.SumAnswer), "a guest leaves the model alone");
        var owner = new Phi4ChatClient(model, ownsModel: true);
        owner.Dispose();
        owner.Dispose();
        Assert.That(async () => await owner.GetResponseAsync(Chat.Sum), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Client_OfAModelWithoutTokenizer_IsRefused()
    {
        using Phi4Model model = Phi4Model.LoadAsync(TestSupport.Goldens.Model("tiny-phi4"), new() { ContextLength = 64 }).GetAwaiter().GetResult();
        Assert.That(() => model.AsChatClient(), Throws.TypeOf<Phi4Exception>().With.Message.Contains("no tokenizer"));
    }

    [Test]
    public async Task Enumeration_LeftEarlyOrCancelled_FreesThePages()
    {
        var endless = new ChatOptions { AdditionalProperties = new() { ["ignore_eos"] = true } };
        await foreach (ChatResponseUpdate _ in Sample.GetStreamingResponseAsync(Chat.Story, endless))
        {
            break;
        }

        Assert.That((await Chat.SettleAsync(Models.Sample)).RunningSequences, Is.Zero);
        using var stop = new CancellationTokenSource();
        int count = 0;
        Assert.That(
            async () =>
            {
                await foreach (ChatResponseUpdate _ in Sample.GetStreamingResponseAsync(Chat.Story, endless, stop.Token))
                {
                    if (++count == 3)
                    {
                        await stop.CancelAsync();
                    }
                }
            },
            Throws.InstanceOf<OperationCanceledException>());
        Phi4ModelStatus status = await Chat.SettleAsync(Models.Sample);
        Assert.That((status.RunningSequences, status.WaitingSequences, status.FreeCacheTokens), Is.EqualTo((0, 0, status.CacheTokens)));
    }

    [Test]
    public async Task Text_OfManyByteCharacters_IsNeverSplit()
    {
        using IChatClient noise = Models.Noise.AsChatClient();
        var options = new ChatOptions { Temperature = 1, MaxOutputTokens = 200, RawRepresentationFactory = _ => new GenerationOptions { Constraint = Constraint.Regex("[é日😀]{20}") } };
        for (int seed = 0; seed < 5; seed++)
        {
            options.Seed = seed;
            await foreach (ChatResponseUpdate update in noise.GetStreamingResponseAsync("x", options))
            {
                Assert.That(update.Text.EnumerateRunes().Select(rune => rune.ToString()), Is.All.AnyOf("é", "日", "😀"), "whole characters only");
            }
        }
    }

    [TestCase("<think>a <b</think>\n\nfour", "a <b", "four")]
    [TestCase(" \n<think>a</think>", "a", "")]
    [TestCase("<thin air", "", "<thin air")]
    [TestCase("<think>never done</thi", "never done</thi", "")]
    [TestCase("no <think>x</think>", "", "no <think>x</think>")]
    [TestCase("<th", "", "<th")]
    public void Reasoning_InAnyPieces_IsPartedFromTheAnswer(string text, string thoughts, string answer)
    {
        for (int size = 1; size <= text.Length; size++)
        {
            var response = new ResponseBuilder(Chat.Read(Models.Sample, Chat.User("x"), null, new() { ReasoningFormat = ReasoningFormat.ThinkTags }), "m");
            IEnumerable<AIContent> contents = text.Chunk(size).Select(piece => Chunk(new string(piece))).Append(Chunk("", last: true))
                .SelectMany(chunk => response.Read(chunk)?.Contents ?? []).ToList();
            Assert.That(string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)), Is.EqualTo(thoughts));
            Assert.That(string.Concat(contents.OfType<TextContent>().Select(content => content.Text)), Is.EqualTo(answer));
            Assert.That(contents.OfType<UsageContent>().Single().Details.ReasoningTokenCount, thoughts.Length > 0 ? Is.GreaterThan(0) : Is.Zero);
        }
    }

    [Test]
    public void Reasoning_MarkedByTokensWithoutText_IsPartedFromTheAnswer()
    {
        var splitter = new ReasoningSplitter(new(7, 8));
        (string, string)[] parts = [splitter.Append("", [7]), splitter.Append("hm", [1]), splitter.Append("", [8]), splitter.Append("\nyes", [2]), splitter.Append(" no", [3])];
        Assert.That(parts, Is.EqualTo(((string, string)[])[("", ""), ("hm", ""), ("", ""), ("", "yes"), ("", " no")]));
    }

    private static GenerationChunk Chunk(string text, bool last = false) => new()
    {
        Text = text,
        TokenIds = [1],
        FinishReason = last ? FinishReason.Stop : null,
        Usage = last ? new GenerationUsage(1, 2, 3, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero) : null,
    };
}
