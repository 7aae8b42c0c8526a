// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;
using Phi4.TestSupport.Hub;

namespace Phi4.Core.Tests.Hub;

/// <summary>A small model on a stub of the hub, an empty cache, and time that passes fast.</summary>
public abstract class HubFixture
{
    protected const string Model = "microsoft/phi-tiny";
    protected const string Weights = "model.safetensors";

    private TemporaryFolder _cache = null!;

    protected StubHub Hub { get; private set; } = null!;

    protected Dictionary<string, byte[]> Files { get; private set; } = null!;

    protected FastTime Time { get; private set; } = null!;

    protected string Cache => _cache.Path;

    protected HubOptions Options => new()
    {
        Endpoint = Hub.Address,
        CacheFolder = Cache,
        Token = "hf_secret",
        Offline = false,
        TimeProvider = Time,
        StallTimeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>The models--… folder.</summary>
    protected string Home => Path.Combine(Cache, "models--microsoft--phi-tiny");

    [SetUp]
    public void Open()
    {
        _cache = new TemporaryFolder();
        Time = new FastTime();
        byte[] weights = new byte[300_000];
        new Random(1).NextBytes(weights);
        Files = new Dictionary<string, byte[]>
        {
            ["config.json"] = "{}"u8.ToArray(),
            ["README.md"] = "# Not needed"u8.ToArray(),
            ["tokenizer.json"] = "{\"model\":{}}"u8.ToArray(),
            [Weights] = weights,
        };
        Hub = new StubHub(Model, Files);
    }

    [TearDown]
    public void Close()
    {
        Hub.Dispose();
        _cache.Dispose();
    }

    protected Task<PulledModel> PullAsync(HubOptions? options = null) => Phi4Hub.PullAsync(Model, options ?? Options).WaitAsync(TimeSpan.FromSeconds(60));

    protected async Task<T> FailsAsync<T>(HubOptions? options = null)
        where T : Exception
    {
        try
        {
            await PullAsync(options);
        }
        catch (T e)
        {
            return e;
        }

        Assert.Fail($"no {typeof(T).Name}");
        throw new InvalidOperationException();
    }

    /// <summary>What the snapshot holds of a file.</summary>
    protected byte[] Snapshot(string file) => File.ReadAllBytes(Path.Combine(Home, "snapshots", StubHub.Commit, file));

    protected string Part(string file) => Path.Combine(Home, "blobs", StubHub.HashOf(file, Files[file]) + ".incomplete");

    private protected HubCache CacheOf(Func<string, string, bool>? link = null) => new(Cache, HubModelName.Parse(Model), link);
}
