// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Phi4.Extensions.AI.Hosting;
using Phi4.TestSupport;
using Phi4.Tokenizer;

namespace Phi4.Extensions.AI.Tests.Hosting;

internal sealed class HostingTests
{
    private static readonly ChatOptions Long = new() { Temperature = 0, MaxOutputTokens = 60 };

    [Test]
    public async Task Client_OfAHostThatStarts_AnswersAndTheModelBecomesHealthy()
    {
        await using var host = new TestHost(services => services.AddPhi4ChatClient(options => options.Model = Samples.Model));
        Assert.That((await host.HealthAsync()).Status, Is.EqualTo(HealthStatus.Unhealthy));
        await host.StartAsync();
        Assert.That((await host.Chat.GetResponseAsync("What is 12 + 30?")).Text, Is.EqualTo("12 + 30 = 42."));
        HealthReportEntry health = await host.HealthAsync();
        Assert.That(health.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(health.Tags, Does.Contain("ready"));
        Assert.That(health.Data["waiting"], Is.Zero);
        Assert.That(host.Model.State, Is.EqualTo(Phi4ModelState.Ready));
        Assert.That(host.Lines, Has.One.Match($"Information: Loaded .*phi4-sample on .* self-test passed; context 2048"));
    }

    [Test]
    public async Task Client_OfAHost_GivesModelAndTokenizerOnceTheyAreThere()
    {
        await using var host = new TestHost(services => services.AddPhi4ChatClient(options =>
        {
            options.Model = Samples.Model;
            options.LoadOnStartup = false;
            options.Chat = new Phi4ChatClientOptions { ModelId = "sample" };
        }));
        await host.StartAsync();
        Assert.That(host.Model.State, Is.EqualTo(Phi4ModelState.NotLoaded));
        Assert.That(host.Chat.GetService<Phi4Model>(), Is.Null);
        Assert.That(host.Chat.GetService<ChatClientMetadata>()!.DefaultModelId, Is.EqualTo("sample"));
        Phi4Model model = await host.Model.GetModelAsync();
        Assert.That(host.Chat.GetService<Phi4Model>(), Is.SameAs(model));
        Assert.That(host.Chat.GetService<Phi4Tokenizer>(), Is.SameAs(model.Tokenizer));
        Assert.That(host.Chat.GetService<Phi4Model>("key"), Is.Null);
    }

    [Test]
    public async Task Keyed_ClientsOfTwoModels_HaveTheirOwn()
    {
        await using var host = new TestHost(
            services => services
                .AddPhi4ChatClient(options => options.Model = Samples.Model)
                .AddKeyedPhi4ChatClient("judge", options => options.LoadOnStartup = false),
            ("Phi4:Keyed:judge:Model", Samples.Model),
            ("Phi4:Keyed:judge:ContextLength", "256"));
        await host.StartAsync();
        var judge = host.Services.GetRequiredKeyedService<IChatClient>("judge");
        Assert.That((await judge.GetResponseAsync("What is 12 + 30?")).Text, Is.EqualTo("12 + 30 = 42."));
        Assert.That(judge.GetService<Phi4Model>()!.ContextLength, Is.EqualTo(256));
        Assert.That((await host.Model.GetModelAsync()).ContextLength, Is.EqualTo(2048));
    }

    [Test]
    public async Task Pipeline_AroundTheHostedClient_IsAppliedByMicrosoftExtensionsAI()
    {
        await using var host = new TestHost(services =>
        {
            services.AddPhi4(options => options.Model = Samples.Model);
            services.AddChatClient(provider => provider.GetRequiredService<Phi4ModelHost>().ChatClient).UseFunctionInvocation();
        });
        await host.StartAsync();
        Assert.That(host.Chat.GetService<FunctionInvokingChatClient>(), Is.Not.Null);
        Assert.That((await host.Chat.GetResponseAsync("What is 12 + 30?")).Text, Is.EqualTo("12 + 30 = 42."));
    }

    [Test]
    public async Task Model_ThatCannotBeLoaded_IsUnhealthyAndSaysWhyToEverybody()
    {
        await using var host = new TestHost(services => services.AddPhi4ChatClient(options => options.Model = Path.Combine(Samples.Model, "gone")));
        await host.StartAsync();
        Assert.That(async () => await host.Chat.GetResponseAsync("Hello"), Throws.InstanceOf<Phi4Exception>());
        HealthReportEntry health = await host.HealthAsync();
        Assert.That(health.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(health.Exception, Is.InstanceOf<Phi4Exception>());
        Assert.That(host.Model.State, Is.EqualTo(Phi4ModelState.Failed));
        Assert.That(host.Lines, Has.Some.Match("Error: .*gone could not be loaded"));
    }

    [Test]
    public async Task Model_WithMoreRequestsWaitingThanItsLimit_IsDegraded()
    {
        await using var host = new TestHost(services => services.AddPhi4ChatClient(options =>
        {
            options.Model = Samples.Model;
            options.Load = new Phi4LoadOptions { MaxSequences = 1 };
            options.MaxWaitingRequests = 1;
        }));
        await host.StartAsync();
        Phi4Model model = await host.Model.GetModelAsync();
        using var stop = new CancellationTokenSource();
        var endless = new GenerationOptions { IgnoreEndTokens = true };
        Task[] answers = [.. Enumerable.Range(0, 3).Select(_ => model.CompleteAsync(Prompt.FromUser("Hello"), endless, stop.Token))];
        HealthReportEntry health = await host.HealthAsync();
        await stop.CancelAsync();
        Assert.That(health.Status, Is.EqualTo(HealthStatus.Degraded), health.Description);
        Assert.That(health.Description, Does.Match("^[23] requests are waiting; limit 1\\.$")); // the first may not have been taken up yet
        Assert.That(async () => await Task.WhenAll(answers), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Stop_WhileAnAnswerIsInTheMaking_WaitsForItAndRefusesOthers()
    {
        await using var host = new TestHost(services => services.AddPhi4ChatClient(options => options.Model = Samples.Model));
        await host.StartAsync();
        IAsyncEnumerator<ChatResponseUpdate> answer = host.Chat.GetStreamingResponseAsync("Tell me a short story about a cat.", Long).GetAsyncEnumerator();
        Assert.That(await answer.MoveNextAsync());
        Task stopping = host.StopAsync();
        Assert.That(() => host.Model.State, Is.EqualTo(Phi4ModelState.Stopping).After(5000, 5));
        Assert.That(async () => await host.Chat.GetResponseAsync("Hello"), Throws.InstanceOf<ModelStoppingException>());
        Assert.That((await host.HealthAsync()).Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(stopping.IsCompleted, Is.False);
        string text = "";
        while (await answer.MoveNextAsync())
        {
            text += answer.Current.Text;
        }

        await answer.DisposeAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.That(text, Has.Length.GreaterThan(20));
        Assert.That(host.Lines, Has.One.Match("Stopping .*: waiting for 1 answers").And.None.Match("are cut"));
    }

    [Test]
    public async Task Stop_WithAnAnswerThatTakesTooLong_CutsIt()
    {
        var host = new TestHost(services => services.AddPhi4ChatClient(options =>
        {
            options.Model = Samples.Model;
            options.DrainTimeout = TimeSpan.FromMilliseconds(50);
        }));
        await host.StartAsync();
        IAsyncEnumerator<ChatResponseUpdate> answer = host.Chat.GetStreamingResponseAsync("Tell me a short story about a cat.", Long).GetAsyncEnumerator();
        Assert.That(await answer.MoveNextAsync());
        await host.DisposeAsync();
        Assert.That(host.Lines, Has.One.Match("Warning: Stopping .*: 1 answers were not done in time and are cut"));
        await answer.DisposeAsync();
    }
}
