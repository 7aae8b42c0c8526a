// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Cli.Tests;

/// <summary>What only a process of its own can show: exit codes, encodings, signals, closed pipes.</summary>
public sealed class ProcessTests
{
    private static readonly string[] Endless = ["run", "-m", TestModels.Sample, "--ignore-eos", "--min-tokens", "400", "--temp", "1", "Tell me a story."];

    [Test]
    public async Task Arguments_Wrong_ExitWithTwo()
    {
        using var child = new ChildProcess("run", "--no-such-option");
        child.Input.Close();
        Assert.That(await child.ExitCodeAsync(), Is.EqualTo(2));
        Assert.That(await child.Output.ReadToEndAsync(), Is.Empty);
        Assert.That(await child.Error.ReadToEndAsync(), Does.StartWith("error: "));
    }

    [Test]
    public async Task Run_WithIds_PrintsOneLineOfJsonWithoutAByteOrderMark()
    {
        using var child = new ChildProcess("run", "-m", TestModels.Tiny, "--ids", "1,2,3", "-n", "3", "--temp", "0", "--ignore-eos", "-o", "json");
        using var bytes = new MemoryStream();
        await child.Output.BaseStream.CopyToAsync(bytes);
        Assert.That(await child.ExitCodeAsync(), Is.Zero, await child.Error.ReadToEndAsync());
        Assert.That(bytes.ToArray()[0], Is.EqualTo((byte)'{'));
        Assert.That(bytes.ToArray()[^2..], Is.EqualTo("}\n"u8.ToArray()));
        using JsonDocument answer = JsonDocument.Parse(bytes.ToArray());
        Assert.That(answer.RootElement.GetProperty("ids").GetArrayLength(), Is.EqualTo(3));
    }

    [Test]
    public async Task Text_OfAllScripts_PassesAsUtf8()
    {
        const string Text = "Grüße, 世界, 🙂";
        using var child = new ChildProcess("tokenize", "--tokenizer", TestModels.Tokenizer, "--jsonl");
        await child.Input.BaseStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{{\"text\":\"{Text}\"}}\n"));
        child.Input.Close();
        string ids = await child.Output.ReadToEndAsync();
        using var back = new ChildProcess("tokenize", "--tokenizer", TestModels.Tokenizer, "--jsonl", "--decode");
        await back.Input.BaseStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(ids));
        back.Input.Close();
        using var bytes = new MemoryStream();
        await back.Output.BaseStream.CopyToAsync(bytes);
        using JsonDocument answer = JsonDocument.Parse(bytes.ToArray());
        Assert.That(answer.RootElement.GetProperty("text").GetString(), Is.EqualTo(Text));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Output_ClosedByItsReader_EndsQuietly()
    {
        using var child = new ChildProcess(Endless);
        child.Input.Close();
        var first = new char[1];
        Assert.That(await child.Output.ReadAsync(first), Is.EqualTo(1));
        child.Output.Close();
        Assert.That(await child.ExitCodeAsync(), Is.Zero);
        Assert.That(await child.Error.ReadToEndAsync(), Is.Empty);
    }

    [Platform(Exclude = "Win")]
    [TestCase("INT")]
    [TestCase("TERM")]
    public async Task Signal_DuringTheAnswer_KeepsThePartAndExitsWith130(string signal)
    {
        using var child = new ChildProcess(Endless);
        child.Input.Close();
        var first = new char[1];
        Assert.That(await child.Output.ReadAsync(first), Is.EqualTo(1));
        child.Signal(signal);
        string rest = await child.Output.ReadToEndAsync();
        Assert.That(await child.ExitCodeAsync(), Is.EqualTo(130));
        Assert.That(rest, Does.EndWith("\n"));
        Assert.That(await child.Error.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task Signal_WhileWaitingForInput_ExitsWith130()
    {
        using var child = new ChildProcess("score", "-m", TestModels.Tiny, "--jsonl");
        await child.Input.WriteLineAsync("{\"ids\":[1,2]}");
        await child.Input.FlushAsync();
        await child.Output.ReadLineAsync();
        child.Signal("INT");
        Assert.That(await child.ExitCodeAsync(), Is.EqualTo(130));
    }

    [Test]
    public async Task Doctor_OnThisMachine_ExitsWithZero()
    {
        using var child = new ChildProcess("doctor");
        child.Input.Close();
        string text = await child.Output.ReadToEndAsync();
        Assert.That(await child.ExitCodeAsync(), Is.Zero, text);
    }
}
