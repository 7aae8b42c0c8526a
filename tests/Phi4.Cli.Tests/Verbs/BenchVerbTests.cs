// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;

namespace Phi4.Cli.Tests.Verbs;

public sealed class BenchVerbTests
{
    private static readonly string[] Short = Args("16", "8", "1");

    [Test]
    public async Task Json_EveryTest_HasSamplesCeilingsAndWhatItTakesToRepeatIt()
    {
        Outcome outcome = await Command.RunAsync([.. Short, "-d", "0,40", "-o", "json"]);
        JsonElement json = outcome.Json;
        Assert.That(outcome.ExitCode, Is.EqualTo(json.GetProperty("disturbed").GetBoolean() ? 7 : 0), outcome.Error);
        Assert.That(json.GetProperty("command").GetString(), Is.EqualTo($"phi4 {string.Join(' ', Short)} -d 0,40 -o json"));
        Assert.That(json.GetProperty("machine").GetProperty("processors").GetInt32(), Is.EqualTo(Environment.ProcessorCount));
        JsonElement[] rows = [.. json.GetProperty("results").EnumerateArray()];
        Assert.That(rows.Select(row => row.GetProperty("test").GetString()), Is.EqualTo(new[] { "pp16", "tg8", "pp16@d40", "tg8@d40" }).AsCollection);
        foreach (JsonElement row in rows)
        {
            double[] samples = [.. row.GetProperty("samples").EnumerateArray().Select(sample => sample.GetDouble())];
            Assert.That(samples, Has.Length.EqualTo(2).And.All.GreaterThan(0));
            Assert.That(row.GetProperty("mean").GetDouble(), Is.EqualTo(samples.Average()).Within(1e-9));
            Assert.That(row.GetProperty("before").GetProperty("read_bytes_per_second").GetDouble(), Is.GreaterThan(1e8));
            Assert.That(row.GetProperty("after").GetProperty("flops_per_second").GetDouble(), Is.GreaterThan(1e8));
            bool isPrompt = row.GetProperty("prompt_tokens").GetInt32() > 0;
            Assert.That(row.GetProperty("read_share").ValueKind, Is.EqualTo(isPrompt ? JsonValueKind.Null : JsonValueKind.Number));
            Assert.That(row.GetProperty("multiply_add_share").ValueKind, Is.EqualTo(isPrompt ? JsonValueKind.Number : JsonValueKind.Null));
            Assert.That(row.GetProperty("product_share").ValueKind, Is.EqualTo(isPrompt ? JsonValueKind.Number : JsonValueKind.Null));
        }
    }

    [Test]
    public async Task Json_BytesAToken_AreTheWeightsAndTheMeanPast()
    {
        JsonElement json = (await Command.RunAsync([.. Args("0", "8", "1"), "-d", "40", "-o", "json"])).Json;
        JsonElement model = json.GetProperty("model");
        double mean = 40 + ((8 + 1) / 2.0);
        double expected = model.GetProperty("weight_bytes_per_token").GetInt64() + (model.GetProperty("cache_bytes_per_token").GetInt64() * mean);
        Assert.That(json.GetProperty("results")[0].GetProperty("bytes_per_token").GetDouble(), Is.EqualTo(expected).Within(1));
    }

    [Test]
    public async Task Markdown_IsATableWithLlamaBenchsColumns()
    {
        Outcome outcome = await Command.RunAsync(Short);
        string[][] rows = [.. outcome.Lines.Where(line => line.StartsWith('|')).Select(Cells)];
        Assert.That(rows[0][..7], Is.EqualTo(new[] { "model", "size", "params", "backend", "threads", "test", "t/s" }).AsCollection);
        Assert.That(rows.Select(row => row.Length), Is.All.EqualTo(rows[0].Length));
        Assert.That(rows.Skip(2).Select(row => row[5]), Is.EqualTo(new[] { "pp16", "tg8" }).AsCollection);
        Assert.That(rows[2][6], Does.Match(@"^\d+\.\d\d ± \d+\.\d\d$"));
        Assert.That(rows[3][7], Does.EndWith("% of reads"));
        Assert.That(outcome.ExitCode, Is.EqualTo(outcome.Out.Contains("disturbed", StringComparison.Ordinal) ? 7 : 0));
    }

    [Test]
    public async Task Csv_HasAsManyCellsInEveryLine()
    {
        Outcome outcome = await Command.RunAsync([.. Short, "-o", "csv"]);
        string[] headings = outcome.Lines[0].Split(',');
        Assert.That(outcome.Lines, Has.Length.EqualTo(3));
        string[] prompt = CsvCells(outcome.Lines[1]);
        Assert.That(prompt, Has.Length.EqualTo(headings.Length));
        Assert.That(prompt[Array.IndexOf(headings, "test")], Is.EqualTo("\"pp16\""));
        Assert.That(double.Parse(prompt[Array.IndexOf(headings, "avg_ts")], CultureInfo.InvariantCulture), Is.GreaterThan(0));
    }

    [Test]
    public async Task Concurrency_TellsDelaysOfRequestsThatRunTogether()
    {
        JsonElement json = (await Command.RunAsync([.. Short, "--concurrency", "1,3", "-o", "json"])).Json;
        JsonElement[] rows = [.. json.GetProperty("results").EnumerateArray()];
        Assert.That(rows.Select(row => row.GetProperty("test").GetString()), Is.EqualTo(new[] { "1 x pp16+tg8", "3 x pp16+tg8" }).AsCollection);
        foreach (JsonElement delays in rows.Select(row => row.GetProperty("delays")))
        {
            Assert.That(delays.GetProperty("first_token_most").GetDouble(), Is.GreaterThanOrEqualTo(delays.GetProperty("first_token_mean").GetDouble()));
            Assert.That(delays.GetProperty("gap_p99").GetDouble(), Is.GreaterThanOrEqualTo(delays.GetProperty("gap_median").GetDouble()));
        }
    }

    [Test]
    public async Task Threads_SeveralNumbers_RunEveryTestOnEach()
    {
        JsonElement json = (await Command.RunAsync([.. Args("16", "0", "1,2"), "-o", "json"])).Json;
        Assert.That(json.GetProperty("results").EnumerateArray().Select(row => row.GetProperty("threads").GetInt32()), Is.EqualTo(new[] { 1, 2 }).AsCollection);
    }

    [TestCase("-p", "x", "--n-prompt is \"x\"")]
    [TestCase("-d", "1,-1", "--n-depth is \"1,-1\"")]
    [TestCase("-t", "0", "--threads is \"0\"")]
    [TestCase("-r", "0", "--repetitions is \"0\"")]
    [TestCase("-o", "xml", "--output is \"xml\"")]
    public async Task Options_OutOfRange_AreRefusedWithWhatIsAllowed(string option, string value, string message)
    {
        Outcome outcome = await Command.RunAsync("bench", "-m", TestModels.Tiny, option, value);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain(message).And.Contain("allowed:"));
        Assert.That(outcome.Out, Is.Empty);
    }

    [Test]
    public async Task Options_NothingToRun_IsRefused()
    {
        Assert.That((await Command.RunAsync("bench", "-m", TestModels.Tiny, "-p", "0", "-n", "0")).ExitCode, Is.EqualTo(2));
        Assert.That((await Command.RunAsync("bench", "-m", TestModels.Tiny, "--concurrency", "2", "-d", "16")).ExitCode, Is.EqualTo(2));
        Assert.That((await Command.RunAsync("bench", "-m", TestModels.Tiny, "--concurrency", "2", "-n", "1")).ExitCode, Is.EqualTo(2));
    }

    [Test]
    public async Task Depth_BeyondTheModel_IsRefusedWithTheNumbers()
    {
        Outcome outcome = await Command.RunAsync([.. Short, "-d", "1000000"]);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("pp16@d1000000").And.Contain("1000017").And.Contain("16384"));
    }

    [Test]
    public async Task Model_Missing_IsTold() =>
        Assert.That((await Command.RunAsync("bench", "-m", "no/such/model")).ExitCode, Is.EqualTo(3));

    private static string[] Args(string prompt, string answer, string threads) =>
        ["bench", "-m", TestModels.Tiny, "-p", prompt, "-n", answer, "-t", threads, "-r", "2"];

    private static string[] CsvCells(string line)
    {
        List<string> cells = [];
        bool quoted = false;
        int start = 0;
        for (int i = 0; i <= line.Length; i++)
        {
            if (i == line.Length || (line[i] == ',' && !quoted))
            {
                cells.Add(line[start..i]);
                start = i + 1;
            }
            else if (line[i] == '"')
            {
                quoted = !quoted;
            }
        }

        return [.. cells];
    }

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];
}
