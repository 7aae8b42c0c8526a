// SPDX-License-Identifier: MIT
using Phi4.TestSupport.Hub;

namespace Phi4.Cli.Tests.Verbs;

/// <summary>The command beside a stub of the hub that holds the sample model, with an empty cache.</summary>
public abstract class HubVerbFixture
{
    protected const string Model = "phi4-engine/phi4-sample";

    private TemporaryFolder _cache = null!;

    protected string CachePath => _cache.Path;

    private protected StubHub Hub { get; private set; } = null!;

    protected Dictionary<string, string> Environment => new() { ["HF_HOME"] = CachePath, ["HF_ENDPOINT"] = Hub.Address.ToString(), ["HF_TOKEN"] = "hf_secret" };

    [SetUp]
    public void Open()
    {
        _cache = new TemporaryFolder();
        Hub = StubHub.OfFolder(Model, TestModels.Sample);
    }

    [TearDown]
    public void Close()
    {
        Hub.Dispose();
        _cache.Dispose();
    }

    private protected Task<Outcome> RunAsync(params string[] args) => Command.RunAsync(args, null, Environment);
}
