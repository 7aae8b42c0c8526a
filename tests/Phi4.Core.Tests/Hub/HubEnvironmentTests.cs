// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;

namespace Phi4.Core.Tests.Hub;

public sealed class HubEnvironmentTests
{
    private static readonly string Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    [Test]
    public void Complete_WithNothingSet_IsTheHubAndTheUsersCache()
    {
        HubOptions options = Complete();
        Assert.That(options.Endpoint, Is.EqualTo(new Uri("https://huggingface.co")));
        Assert.That(options.CacheFolder, Is.EqualTo(Path.Combine(Home, ".cache", "huggingface", "hub")));
        Assert.That(options.Offline, Is.False);
    }

    [TestCase("XDG_CACHE_HOME", "/x", "/x/huggingface/hub")]
    [TestCase("HF_HOME", "/h", "/h/hub")]
    [TestCase("HF_HUB_CACHE", "/c", "/c")]
    public void Complete_WithACacheVariable_FollowsIt(string variable, string value, string folder) =>
        Assert.That(Complete((variable, value)).CacheFolder, Is.EqualTo(Path.GetFullPath(folder)));

    [Test]
    public void Complete_WithATilde_IsTheUsersFolder() =>
        Assert.That(Complete(("HF_HOME", "~/hf")).CacheFolder, Is.EqualTo(Path.Combine(Home, "hf", "hub")));

    [Test]
    public void Complete_WithBoth_PrefersTheNarrowerVariableAndTheOptionToAll()
    {
        Assert.That(Complete(("HF_HOME", "/h"), ("HF_HUB_CACHE", "/c")).CacheFolder, Is.EqualTo(Path.GetFullPath("/c")));
        HubOptions options = HubEnvironment.Complete(new HubOptions { CacheFolder = "/o", Offline = false }, name => name == "HF_HUB_OFFLINE" ? "1" : name == "HF_HUB_CACHE" ? "/c" : null);
        Assert.That(options.CacheFolder, Is.EqualTo(Path.GetFullPath("/o")));
        Assert.That(options.Offline, Is.False);
    }

    [TestCase("1", true)]
    [TestCase("true", true)]
    [TestCase("YES", true)]
    [TestCase("0", false)]
    [TestCase("", false)]
    public void Complete_OfflineVariable_IsReadAsPythonDoes(string value, bool offline) =>
        Assert.That(Complete(("HF_HUB_OFFLINE", value)).Offline, Is.EqualTo(offline));

    [Test]
    public void Complete_Token_ComesFromTheVariableElseTheLoginsFile()
    {
        using var folder = new TemporaryFolder();
        folder.Write("token", "hf_of_the_file\n");
        Assert.That(Complete(("HF_HOME", folder.Path)).Token, Is.EqualTo("hf_of_the_file"));
        Assert.That(Complete(("HF_HOME", folder.Path), ("HF_TOKEN", "hf_v")).Token, Is.EqualTo("hf_v"));
        Assert.That(Complete(("HF_TOKEN_PATH", folder["token"])).Token, Is.EqualTo("hf_of_the_file"));
        Assert.That(Complete(("HF_TOKEN", "hf_v"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token, Is.Empty);
    }

    [Test]
    public void ToString_OfOptions_HidesTheToken() =>
        Assert.That(new HubOptions { Token = "hf_secret" }.ToString(), Does.Not.Contain("secret").And.Contain("(hidden)"));

    [Test]
    public void Complete_ImpossibleValues_AreRefusedByName()
    {
        Refuses("HF_ENDPOINT", () => Complete(("HF_ENDPOINT", "hub")));
        Refuses("Endpoint", () => Complete(("HF_ENDPOINT", "ftp://hub")));
        Refuses("MaxParallelFiles", () => HubEnvironment.Complete(new HubOptions { MaxParallelFiles = 0 }, _ => null));
        Refuses("StallTimeout", () => HubEnvironment.Complete(new HubOptions { StallTimeout = TimeSpan.Zero }, _ => null));
        Refuses("Handler", () => HubEnvironment.Complete(new HubOptions { Handler = new SocketsHttpHandler() }, _ => null));
        InvalidOptionsException token = Refuses("Token", () => Complete(("HF_TOKEN", "hf secret")));
        Assert.That(token.ToString(), Does.Not.Contain("secret"));
    }

    private static InvalidOptionsException Refuses(string option, Action act)
    {
        InvalidOptionsException error = Assert.Throws<InvalidOptionsException>(() => act())!;
        Assert.That(error.Option, Is.EqualTo(option));
        return error;
    }

    private static HubOptions Complete(params (string Name, string Value)[] variables) =>
        HubEnvironment.Complete(null, name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
