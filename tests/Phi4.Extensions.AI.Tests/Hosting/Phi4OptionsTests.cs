// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Phi4.Extensions.AI.Hosting;
using Phi4.TestSupport;

namespace Phi4.Extensions.AI.Tests.Hosting;

internal sealed class Phi4OptionsTests
{
    [Test]
    public void Configuration_OfEveryKindOfValue_IsRead()
    {
        Phi4Options options = Read(
            ("Model", "phi-4"), ("LoadOnStartup", "false"), ("DrainTimeout", "00:01:00"), ("maxwaitingrequests", "7"), ("ModelId", "mine"), ("Weights", "int8"),
            ("Device", "Cpu"), ("ContextLength", "4096"), ("Keyed:judge:Model", "another model's"));
        Assert.That(options.Model, Is.EqualTo("phi-4"));
        Assert.That(options.LoadOnStartup, Is.False);
        Assert.That(options.DrainTimeout, Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(options.MaxWaitingRequests, Is.EqualTo(7));
        Assert.That(options.Chat.ModelId, Is.EqualTo("mine"));
        Assert.That(options.Load, Is.EqualTo(new Phi4LoadOptions { Weights = WeightType.Int8, Device = Phi4Device.Cpu, ContextLength = 4096 }));
    }

    [TestCaseSource(nameof(LoadOptionNames))]
    public void Configuration_OfALoadOption_IsKnown(string name) =>
        Assert.That(() => Read((name, "?")), Throws.InstanceOf<InvalidOptionsException>().With.Property("Option").EqualTo($"Phi4:{name}").And.Message.Not.Contains("the settings"));

    [TestCase("Devize", "Cpu", "the settings Model,")]
    [TestCase("Device", "Gpu", "Auto, Cpu, Cuda")]
    [TestCase("Device", "77", "Auto, Cpu, Cuda")]
    [TestCase("ThreadCount", "two", "a whole number")]
    [TestCase("LoadOnStartup", "yes", "true, false")]
    [TestCase("DrainTimeout", "soon", "a time such as")]
    public void Configuration_ThatIsNotUnderstood_IsRefusedByNameAndValue(string key, string value, string allowed)
    {
        var error = Assert.Throws<InvalidOptionsException>(() => Read((key, value)))!;
        Assert.That(error.Message, Does.Contain($"Phi4:{key} is \"{value}\"").And.Contain(allowed));
    }

    [Test]
    public void Host_WithoutAModel_DoesNotStart()
    {
        var host = new TestHost(services => services.AddPhi4ChatClient());
        Assert.That(host.StartAsync, Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("Phi4:Model"));
    }

    [TestCase("Phi4:MaxSequences", "0")]
    [TestCase("Phi4:MaxSequences", "1025")]
    [TestCase("Phi4:ThreadCount", "0")]
    [TestCase("Phi4:DrainTimeout", "-00:00:01")]
    public void Host_WithAnImpossibleOption_DoesNotStart(string key, string value)
    {
        var host = new TestHost(services => services.AddPhi4ChatClient(options => options.Model = Samples.Model), (key, value));
        Assert.That(host.StartAsync, Throws.InstanceOf<OptionsValidationException>().With.Message.Contains(key["Phi4:".Length..]));
    }

    [Test]
    public async Task Host_WithConfigurationAndCode_TakesTheWordOfTheCode()
    {
        await using var host = new TestHost(
            services => services.AddPhi4ChatClient(options => options.Load = options.Load with { ContextLength = 512 }),
            ("Phi4:Model", Samples.Model), ("Phi4:ContextLength", "256"), ("Phi4:MaxSequences", "3"));
        await host.StartAsync();
        Assert.That((await host.Model.GetModelAsync()).ContextLength, Is.EqualTo(512));
    }

    [Test]
    public void Report_OfLoading_WritesALineEveryFewSeconds()
    {
        var time = new ManualTime();
        var lines = new List<string>();
        var report = new LoadReport(new ListLogger(lines), "phi-4", time);
        for (int done = 0; done <= 100; done += 10)
        {
            report.Report(new LoadProgress(done * 1_000_000, 100_000_000, done, 100, null));
            time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.That(report.Percent, Is.EqualTo(100));
        Assert.That(lines, Is.EqualTo((string[])["Loading phi-4: 30 % of 100 MB", "Loading phi-4: 60 % of 100 MB", "Loading phi-4: 90 % of 100 MB"]));
    }

    private static IEnumerable<string> LoadOptionNames() =>
        typeof(Phi4LoadOptions).GetProperties().Where(property => property.PropertyType.Name is not ("HubOptions" or "IProgress`1")).Select(property => property.Name);

    private static Phi4Options Read(params (string Key, string Value)[] settings)
    {
        var options = new Phi4Options();
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>($"Phi4:{setting.Key}", setting.Value))).Build();
        Phi4OptionsReader.Read(configuration.GetSection("Phi4"), options);
        return options;
    }
}
