// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Net;

namespace Phi4.Samples.Tests;

[TestFixture]
internal sealed class SampleTests
{
    [Test]
    public async Task QuickStart_OnTheSampleModel_AnswersTheSum() => Assert.That(await Sample.RunAsync("QuickStart"), Is.EqualTo("12 + 30 = 42.\n"));

    [Test]
    public async Task Batch_OnTheSampleModel_AnswersEachAsIfItWereAlone()
    {
        string[] lines = Lines(await Sample.RunAsync("Batch"));
        Assert.That(lines, Has.Length.EqualTo(17));
        Assert.That(lines[..16].Select(line => int.Parse(line.Split(':')[0])), Is.EquivalentTo(Enumerable.Range(0, 16)));
        Assert.That(lines, Has.One.StartsWith("1: 16 + 23 = 39. [Stop"));
        Assert.That(lines[^1], Is.EqualTo("16 of 16 answers are the same as one by one"));
    }

    [Test]
    public async Task Scoring_OnTheSampleModel_PrefersWordsInOrderAndTheRightAnswer()
    {
        string[] lines = Lines(await Sample.RunAsync("Scoring"));
        double[] perplexities = [.. lines[..2].Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]))];
        Assert.That(perplexities[1], Is.GreaterThan(10 * perplexities[0]));
        Assert.That(lines[^1], Is.EqualTo("best: The capital of France is Paris."));
    }

    [Test]
    public async Task RawLogits_OnTheSampleModel_TellsTwoStories()
    {
        string[] lines = Lines(await Sample.RunAsync("RawLogits"));
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines, Has.All.Match("(?i)\\bonce\\b.* named "));
        Assert.That(lines[0], Is.Not.EqualTo(lines[1]));
    }

    [Test]
    public async Task TokenizerOnly_OnTheSampleModelsFiles_CountsCutsAndKeepsMarkersOut()
    {
        string[] lines = Lines(await Sample.RunAsync("TokenizerOnly"));
        Assert.That(lines[1], Is.EqualTo("and back"));
        Assert.That(lines[2], Does.StartWith("the first 8 tokens: Gr"));
        Assert.That(lines[3].Split('|').Where(part => part.Length > 0), Is.EqualTo((string[])["日", "本"]));
        Assert.That(lines[4], Does.EndWith("tokens, 2 ends of a message"));
    }

    [Test]
    public async Task StreamingChat_OnTheSampleModel_AnswersLineByLine()
        => Assert.That(Lines(await Sample.RunAsync("StreamingChat", "What is 12 + 30?\nWhat is the capital of France?\n")), Is.EqualTo((string[])
            ["12 + 30 = 42.", "The capital of France is Paris."]));

    [Test]
    public async Task StructuredOutput_OnTheSampleModel_PrintsObjects()
        => Assert.That(Lines(await Sample.RunAsync("StructuredOutput")), Is.EqualTo((string[])
            ["Emma, 34, Lisbon", "Tom, 7, Oslo", "length, no object: {\"name\": \"E", "yes or no"]));

    [Test]
    public async Task Tools_OnTheSampleModel_CallsWhatIsNeededAndAnswersFromIt()
        => Assert.That(Lines(await Sample.RunAsync("Tools")), Is.EqualTo((string[])
            [
                "What is 78 * 87?", "  multiply(a: 78, b: 87)", "  The result is 6786.",
                "Add 60 and 76, then add 27.", "  add(a: 60, b: 76)", "  add(a: 136, b: 27)", "  The result is 163.",
                "What is the weather in Oslo?", "  weather(city: Oslo)", "  It is rainy in Oslo.",
                "What is the capital of France?", "  The capital of France is Paris.",
            ]));

    [Test]
    public async Task WebApp_OnTheSampleModel_BecomesHealthyAnswersAndStreams()
    {
        using Process app = Sample.Start("WebApp", "--urls", "http://127.0.0.1:0");
        try
        {
            string? line;
            do
            {
                line = await app.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
            }
            while (line is not null && !line.Contains("http://", StringComparison.Ordinal));
            Assert.That(line, Is.Not.Null, "it ended before it listened");
            using var client = new HttpClient { BaseAddress = new Uri(line!.Split(' ')[^1]) };
            Assert.That(async () => (await client.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode, Is.EqualTo(HttpStatusCode.OK).After(20_000, 50));
            Assert.That(await client.GetStringAsync(new Uri("/ask?question=What%20is%2012%20%2B%2030%3F", UriKind.Relative)), Is.EqualTo("12 + 30 = 42."));
            string events = await client.GetStringAsync(new Uri("/stream?question=What%20is%2012%20%2B%2030%3F", UriKind.Relative));
            Assert.That(string.Concat(Lines(events).Select(data => data["data: ".Length..])), Is.EqualTo("12 + 30 = 42."));
        }
        finally
        {
            app.Kill();
        }
    }

    /// <summary>A model that loads and answers opens no socket, and does not even bring in the code that could.</summary>
    [Test]
    public async Task StreamingChat_WhileItWaitsAfterAnAnswer_HasOpenedNoSocket()
    {
        Assume.That(OperatingSystem.IsLinux(), "open files are looked up under /proc");
        using Process chat = Sample.Start("StreamingChat");
        try
        {
            await chat.StandardInput.WriteLineAsync("What is 12 + 30?");
            await chat.StandardInput.FlushAsync();
            Assert.That(await chat.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)), Is.EqualTo("12 + 30 = 42."));
            string[] open = [.. new DirectoryInfo($"/proc/{chat.Id}/fd").GetFiles().Select(file => file.LinkTarget ?? "")];
            Assert.That(open, Has.Some.StartsWith("pipe:").And.None.StartsWith("socket:"));
            Assert.That(await File.ReadAllTextAsync($"/proc/{chat.Id}/maps"), Does.Contain("Phi4.Core.dll").And.Not.Contain("System.Net."));
        }
        finally
        {
            chat.Kill();
        }
    }

    [Test]
    public void Samples_OnDisk_AreAllRunHere()
    {
        IEnumerable<string> run = typeof(SampleTests).GetMethods().Where(method => method.IsDefined(typeof(TestAttribute), inherit: false))
            .Select(method => method.Name.Split('_')[0]).Where(name => name != "Samples");
        Assert.That(run.Distinct(), Is.EquivalentTo(Sample.Names));
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
