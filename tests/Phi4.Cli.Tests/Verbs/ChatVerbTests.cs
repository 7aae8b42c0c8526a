// SPDX-License-Identifier: MIT
using Phi4.Cli.Streams;

namespace Phi4.Cli.Tests.Verbs;

public sealed partial class ChatVerbTests
{
    private static readonly string[] Args = ["chat", "-m", TestModels.Sample, "--temp", "0", "-n", "24"];

    [Test]
    public async Task Lines_PipedIn_AreAnsweredOnStandardOutputAlone()
    {
        Outcome outcome = await Command.PipeAsync("What is 12 + 30?\n\n/bye\nWhat is 1 + 1?\n", Args);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Lines, Has.Length.EqualTo(1));
        Assert.That(outcome.Out, Does.Contain("42"));
        Assert.That(outcome.Error, Is.Empty);
    }

    [Test]
    public async Task Commands_Typed_AreNoQuestions()
    {
        Outcome outcome = await Command.PipeAsync("/help\n/clear\n/system Be brief.\n/dance\n", Args);
        Assert.That(outcome.ExitCode, Is.Zero, "the end of input leaves");
        Assert.That(outcome.Out, Is.Empty);
        Assert.That(outcome.Error, Does.Contain("/system TEXT").And.Contain("/dance is no command"));
    }

    [Test]
    public async Task History_Cleared_GivesTheFirstAnswerAgain()
    {
        Outcome outcome = await Command.PipeAsync("What is 12 + 30?\n/clear\nWhat is 12 + 30?\n", [.. Args, "--stats"]);
        string[] answers = outcome.Lines;
        Assert.That(answers, Has.Length.EqualTo(2));
        Assert.That(answers[1], Is.EqualTo(answers[0]));
        int[] prompts = PromptTokens(outcome);
        Assert.That(prompts[1], Is.EqualTo(prompts[0]), "the same number of prompt tokens");
    }

    [Test]
    public async Task History_Kept_IsPartOfTheNextPrompt()
    {
        Outcome outcome = await Command.PipeAsync("What is 12 + 30?\nWhat is 12 + 30?\n", [.. Args, "--stats"]);
        int[] prompts = PromptTokens(outcome);
        Assert.That(prompts, Has.Length.EqualTo(2));
        Assert.That(prompts[1], Is.GreaterThan(2 * prompts[0] - 5));
        Assert.That(CachedTokens(outcome), Has.Count.EqualTo(1).And.All.InRange(prompts[0], prompts[1] - 1), "the second time only what is new");
    }

    [Test]
    public async Task History_WithoutPromptCache_IsComputedAnewWithTheSameAnswers()
    {
        const string Talk = "What is 12 + 30?\nWhat is 3 + 4?\n";
        Outcome kept = await Command.PipeAsync(Talk, [.. Args, "--stats"]);
        Outcome anew = await Command.PipeAsync(Talk, [.. Args, "--stats", "--no-prompt-cache"]);
        Assert.That((CachedTokens(kept).Count, CachedTokens(anew).Count, anew.Out), Is.EqualTo((1, 0, kept.Out)));
    }

    [Test]
    public async Task Message_OfSeveralLines_IsOneQuestion()
    {
        Outcome outcome = await Command.PipeAsync("\"\"\"\nWhat is\n12 + 30?\n\"\"\"\nWhat is \\\n12 + 30?\n", Args);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Lines, Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Commands_BetweenAnswers_CountRepeatAndChangeThem()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "talk.json");
        Outcome outcome = await Command.PipeAsync(
            $"/tokens\nWhat is 12 + 30?\n/regen\n/tokens\n/save {file}\n/clear\n/set temperature -1\n/set max-tokens 1\nWhat is 12 + 30?\n/load {file}\n/tokens\n", Args);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Lines, Has.Length.EqualTo(3));
        Assert.That(outcome.Lines[1], Is.EqualTo(outcome.Lines[0]), "greedy: the same answer again");
        Assert.That(outcome.Lines[2].Length, Is.LessThan(outcome.Lines[0].Length));
        string[] counts = [.. outcome.Error.Split('\n').Where(line => line.StartsWith("conversation: ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1])];
        Assert.That(counts, Has.Length.EqualTo(3));
        Assert.That(counts[0], Is.EqualTo("0"));
        Assert.That(counts[2], Is.EqualTo(counts[1]).And.Not.EqualTo("0"));
        Assert.That(outcome.Error, Does.Contain("--temperature is \"-1\"").And.Contain("messages loaded"));
        Assert.That((await Command.RunAsync("template", file)).Out, Does.Contain("12 + 30"));
    }

    [Test]
    public async Task Keys_Typed_AreAMessage_AndControlDLeaves()
    {
        using var screen = new Editing.Screen(60, 20);
        using var output = new StringWriter { NewLine = "\n" };
        var typist = new Editing.Typist();
        typist.Text("What is 12 + 31?").Press(ConsoleKey.LeftArrow).Press(ConsoleKey.Backspace).Text("0\r").Press(Editing.Typist.Control(ConsoleKey.D));
        using var terminal = new Terminal { In = TextReader.Null, Out = output, Error = screen, InputIsTerminal = true, ErrorIsTerminal = true, Keys = typist.Keys };
        using var interrupts = new Interrupts(_ => { });
        Assert.That(await PhiCommand.RunAsync([.. Args, "-q"], terminal, interrupts).WaitAsync(TimeSpan.FromMinutes(2)), Is.Zero);
        Assert.That(output.ToString(), Is.EqualTo("12 + 30 = 42.\n"));
        Assert.That(screen.Picture, Does.Contain(">>> What is 12 + 30?"));
    }

    [Test]
    public async Task Context_Exceeded_IsToldAndTheTalkGoesOn()
    {
        Outcome outcome = await Command.PipeAsync($"{new string('x', 600)}\nHi\n", [.. Args, "-c", "64"]);
        Assert.That(outcome.ExitCode, Is.Zero);
        Assert.That(outcome.Error, Does.StartWith("error: ").And.Contain("hint: /clear"));
        Assert.That(outcome.Out, Is.Not.Empty, "the short question is answered");
    }

    [Test]
    public async Task Model_WithoutTokenizer_CannotTalk() =>
        Assert.That((await Command.PipeAsync("Hi\n", "chat", "-m", TestModels.Tiny)).ExitCode, Is.EqualTo(1));

    [Test]
    public async Task Interrupt_WhileWaiting_WarnsFirstAndLeavesThen()
    {
        using var interrupts = new Interrupts(_ => { });
        using var silent = new SilentReader();
        Task<Outcome> running = Command.RunAsync(Args, null, interrupts: interrupts, reader: silent);
        await silent.Asked.WaitAsync(TimeSpan.FromSeconds(60));
        interrupts.Signal();
        await Task.Delay(100);
        Assert.That(running.IsCompleted, Is.False);
        interrupts.Signal();
        Outcome outcome = await running;
        Assert.That(outcome.ExitCode, Is.EqualTo(130));
        Assert.That(outcome.Error, Does.Contain("Ctrl-C once more"));
    }

    /// <summary>The first number of each line of statistics.</summary>
    private static int[] PromptTokens(Outcome outcome) =>
        [.. outcome.Error.Split('\n').Where(line => line.StartsWith("prompt ", StringComparison.Ordinal)).Select(line => int.Parse(line.Split(' ')[1]))];

    /// <summary>What each line of statistics that says so tells of tokens that were there already.</summary>
    private static List<int> CachedTokens(Outcome outcome) => [.. CachedCount().Matches(outcome.Error).Select(match => int.Parse(match.Groups[1].Value))];

    [System.Text.RegularExpressions.GeneratedRegex(@"\((\d+) cached\)")]
    private static partial System.Text.RegularExpressions.Regex CachedCount();

    /// <summary>Somebody who sits at the keyboard and does not type.</summary>
    private sealed class SilentReader : TextReader
    {
        private readonly TaskCompletionSource _asked = new();
        private readonly ManualResetEventSlim _gone = new();

        public Task Asked => _asked.Task;

        public override string? ReadLine()
        {
            _asked.TrySetResult();
            _gone.Wait();
            return null;
        }

        protected override void Dispose(bool disposing)
        {
            _gone.Set();
            base.Dispose(disposing);
        }
    }
}
