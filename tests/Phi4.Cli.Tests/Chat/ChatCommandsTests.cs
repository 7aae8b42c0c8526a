// SPDX-License-Identifier: MIT
using Phi4.Cli.Chat;
using Phi4.Cli.Errors;
using Phi4.Cli.Streams;
using Phi4.Tokenizer;

namespace Phi4.Cli.Tests.Chat;

public sealed class ChatCommandsTests
{
    private StringWriter _error = null!;
    private Terminal _terminal = null!;
    private ChatSettings _settings = null!;
    private Conversation _conversation = null!;
    private ChatCommands _commands = null!;

    [SetUp]
    public void Begin()
    {
        _error = new StringWriter { NewLine = "\n" };
        _terminal = new Terminal { In = TextReader.Null, Out = TextWriter.Null, Error = _error };
        _settings = new ChatSettings(new GenerationOptions { TopK = 5 }, statistics: false);
        _conversation = new Conversation();
        _commands = new ChatCommands(new Talk(_terminal, 0, quiet: false, noColor: true), _settings, _conversation);
    }

    [TearDown]
    public void End()
    {
        _terminal.Dispose();
        _error.Dispose();
    }

    [Test]
    public void Set_AnOption_ChangesItAloneAndShowsIt()
    {
        _commands.Run("/set temp 0.7");
        Assert.That(_settings.Options, Is.EqualTo(new GenerationOptions { TopK = 5, Temperature = 0.7f }));
        Assert.That(_error.ToString(), Is.EqualTo("temperature        0.7\n"));
        _commands.Run("/set top-k default");
        Assert.That(_settings.Options.TopK, Is.Null);
        _commands.Run("/set presence-penalty -0.5");
        Assert.That(_settings.Options.PresencePenalty, Is.EqualTo(-0.5f));
        _commands.Run("/set stop END of it");
        Assert.That(_settings.Options.StopStrings, Is.EqualTo((string[])["END of it"]));
    }

    [Test]
    public void Set_WithoutAValue_ListsWhatIs()
    {
        _commands.Run("/set");
        Assert.That(_error.ToString(), Does.Contain("top-k              5").And.Contain("temperature        default").And.Contain("stats              off"));
    }

    [TestCase("/set temperature -1", "--temperature is \"-1\"; allowed: 0 and more.")]
    [TestCase("/set top-p 2", "--top-p is \"2\"")]
    [TestCase("/set dance 1", "dance is no setting; there are temperature")]
    [TestCase("/set stats loud", "stats is \"loud\"; allowed: on, off.")]
    [TestCase("/save", "/save needs a file's name")]
    [TestCase("/regen", "There is no answer yet.")]
    public void Command_Impossible_SaysWhatIsAllowed(string line, string says) =>
        Assert.That(Assert.Throws<CommandException>(() => _commands.Run(line))!.Message, Does.Contain(says));

    [Test]
    public void Set_Statistics_TurnsThemOnAndOff()
    {
        _commands.Run("/set stats on");
        Assert.That(_settings.Statistics, Is.True);
        _commands.Run("/set stats off");
        Assert.That(_settings.Statistics, Is.False);
    }

    [Test]
    public void Command_OfEachKind_SaysWhatComesNext()
    {
        Assert.That(_commands.Run("/bye"), Is.EqualTo(ChatAction.Leave));
        Assert.That(_commands.Run("/tokens"), Is.EqualTo(ChatAction.CountTokens));
        Assert.That(_commands.Run("/dance"), Is.EqualTo(ChatAction.GoOn));
    }

    [Test]
    public void Save_AndLoad_BringBackTaskAndTurns()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "my talk.json");
        _conversation.System = "Be brief.";
        _conversation.Turns.AddRange([new ChatMessage("user", "Hällo \"you\""), new ChatMessage("assistant", "Hi\nthere")]);
        _commands.Run($"/save {file}");
        _commands.Run("/system");
        Assert.That(_conversation.Messages(), Is.Empty);
        _commands.Run($"/load {file}");
        Assert.That(_conversation.System, Is.EqualTo("Be brief."));
        Assert.That(_conversation.Turns.Select(turn => (turn.Role, turn.Content)), Is.EqualTo(new[] { ("user", "Hällo \"you\""), ("assistant", "Hi\nthere") }));
        Assert.That(_commands.Run("/regen"), Is.EqualTo(ChatAction.AnswerAgain));
        _commands.Run($"/save {file}");
    }

    [Test]
    public void Save_OverAnotherKindOfFile_LeavesItAlone()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("notes.txt", "mine");
        Assert.Throws<CommandException>(() => _commands.Run($"/save {file}"));
        Assert.That(File.ReadAllText(file), Is.EqualTo("mine"));
    }

    [TestCase("nonsense")]
    [TestCase("42")]
    [TestCase("{}")]
    [TestCase("[{\"role\":\"tool\",\"content\":\"x\"}]")]
    [TestCase("[{\"role\":\"user\"}]")]
    public void Load_OfWhatIsNoConversation_ChangesNothing(string text)
    {
        using var folder = new TemporaryFolder();
        _conversation.Turns.Add(new ChatMessage("user", "Hi"));
        Assert.Throws<RequestException>(() => _commands.Run($"/load {folder.Write("x.json", text)}"));
        Assert.That(_conversation.Turns, Has.Count.EqualTo(1));
    }

    [Test]
    public void Help_NamesEveryCommand()
    {
        _commands.Run("/help");
        foreach (string name in (string[])["/help", "/system", "/clear", "/save", "/load", "/set", "/regen", "/tokens", "/bye", "Ctrl-C"])
        {
            Assert.That(_error.ToString(), Does.Contain(name));
        }
    }

    [TestCase("a", null)]
    [TestCase("a\\", "a\n")]
    [TestCase("a\\\\", null)]
    [TestCase("\"\"\"a", "\"\"\"a\n")]
    [TestCase("\"\"\"", "\"\"\"\n")]
    [TestCase("\"\"\"a\"\"\"", null)]
    public void Next_OfALine_SaysWhetherTheMessageGoesOn(string text, string? next) => Assert.That(MessageText.Next(text), Is.EqualTo(next));

    [TestCase("plain", "plain")]
    [TestCase("\"\"\"\na\nb\n\"\"\"", "a\nb")]
    [TestCase("\"\"\"open", "open")]
    public void Finish_OfAMessage_TakesTheQuotesOff(string text, string message) => Assert.That(MessageText.Finish(text), Is.EqualTo(message));
}
