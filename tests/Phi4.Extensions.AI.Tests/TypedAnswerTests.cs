// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Tests;

/// <summary>Answers of every kind of .NET type, of a model that writes noise.</summary>
internal sealed class TypedAnswerTests
{
    private static readonly MethodInfo Ask = typeof(TypedAnswerTests).GetMethod(nameof(AskAsync), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Those whose schema says enough, whatever the options.</summary>
    private static Type[] Types =>
    [
        typeof(bool), typeof(long), typeof(Int128), typeof(float), typeof(double), typeof(char), typeof(string), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(Guid), typeof(Uri), typeof(Version), typeof(DayOfWeek), typeof(Dictionary<string, bool>), typeof(HashSet<TimeSpan>), typeof(JsonElement), typeof(Tree), typeof(Times),
        typeof(KeyValuePair<string, bool>),
    ];

    [TestCaseSource(nameof(Types))]
    public async Task GetResponse_OfAType_Deserializes(Type type) => await (Task)Ask.MakeGenericMethod(type).Invoke(null, [AIJsonUtilities.DefaultOptions, null])!;

    [Test]
    public async Task GetResponse_WithPreciseOptions_DeserializesPropertiesOfAnyType([Values] bool nullable) =>
        await (nullable ? AskAsync<AllOrNone>(Phi4JsonOptions.Precise, null) : AskAsync<All>(Phi4JsonOptions.Precise, all =>
        {
            Assert.That(all.Small, Is.InRange(1, 5), "an attribute of its own goes first");
            Assert.That(all.Number, Is.InRange(-1e18m, 1e18m));
        }));

    [Test]
    public async Task Arguments_OfATool_AreWhatItsFunctionTakes()
    {
        List<object> taken = [];
        AIFunction function = AIFunctionFactory.Create((TimeSpan time, TimeOnly start, char letter, Version version, Guid id) => taken.AddRange([time, start, letter, version, id]), "book");
        using IChatClient chat = Models.Noise.AsChatClient();
        for (int seed = 0; seed < 5; seed++)
        {
            ChatResponse response = await chat.GetResponseAsync("x", Options(seed, options => (options.Tools, options.ToolMode) = ([function], ChatToolMode.RequireSpecific("book"))));
            foreach (FunctionCallContent call in response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
            {
                await function.InvokeAsync(new AIFunctionArguments(call.Arguments));
            }
        }

        Assert.That(taken, Has.Count.GreaterThan(9));
    }

    [Test]
    public void Arguments_OfATool_KeepTheirFormatUnlessADotNetMethodReadsThem([Values] bool isMethod)
    {
        AIFunctionDeclaration tool = isMethod
            ? AIFunctionFactory.Create((TimeOnly start) => start.Hour, "book")
            : AIFunctionFactory.CreateDeclaration("book", null, JsonElement.Parse("""{ "type": "object", "properties": { "start": { "type": "string", "format": "time" } } }"""));
        ChatOptions options = new() { Tools = [tool], ToolMode = ChatToolMode.RequireSpecific("book") };

        string enforced = Chat.Read(Models.Noise, Chat.User("x"), options).Options.Constraint!.Source;

        Assert.That(enforced, isMethod ? Does.Not.Contain("\"time\"") : Does.Contain("\"time\""));
    }

    [Test]
    public void Format_OfATypedAnswer_IsShownAsItWas()
    {
        ChatOptions options = new() { ResponseFormat = ChatResponseFormat.ForJsonSchema<Times>() };
        Assert.That(Chat.Render(Models.Noise, Chat.User("x"), options), Does.Contain("\"format\":\"time\""));
        Assert.That(Chat.Read(Models.Noise, Chat.User("x"), options).Options.Constraint!.Source, Does.Not.Contain("\"time\""));
    }

    private static async Task AskAsync<T>(JsonSerializerOptions serializer, Action<T>? check)
    {
        using IChatClient chat = Models.Noise.AsChatClient();
        int complete = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            ChatResponse<T> response = await chat.GetResponseAsync<T>("x", serializer, Options(seed));
            if (response.FinishReason != ChatFinishReason.Length)
            {
                complete++;
                Assert.That(() => response.Result, Throws.Nothing, response.Text);
                check?.Invoke(response.Result);
            }
        }

        Assert.That(complete, Is.GreaterThan(2));
    }

    private static ChatOptions Options(int seed, Action<ChatOptions>? change = null)
    {
        int quote = Models.Noise.Tokenizer!.Encode("\"").Single();
        var options = new ChatOptions { Temperature = 1, Seed = seed, MaxOutputTokens = 600, AdditionalProperties = new() { ["logit_bias"] = new Dictionary<int, float> { [quote] = 4 } } };
        change?.Invoke(options);
        return options;
    }

    [Flags]
    private enum Marks
    {
        None = 0,
        Old = 1,
        New = 2,
    }

    private sealed record Tree(bool Value, Tree? Left);

    private readonly record struct Times(DateOnly Day, TimeOnly Start, TimeSpan? Length, DayOfWeek[] Days);

    private sealed record All(
        byte A, sbyte B, short C, ushort D, int E, uint F, ulong G, Half H, decimal Number, byte[] Bytes, ReadOnlyMemory<byte> Memory, Marks Marks, [property: System.ComponentModel.DataAnnotations.Range(1, 5)] int Small);

    private sealed record AllOrNone(byte? A, sbyte? B, short? C, ushort? D, int? E, uint? F, ulong? G, Half? H, decimal? Number, byte[]? Bytes, Marks? Marks, DayOfWeek? Day, TimeOnly? Time);
}
