// SPDX-License-Identifier: MIT
using Phi4.Cli.Chat;
using Phi4.Cli.Editing;

namespace Phi4.Cli.Tests.Editing;

public sealed class LineEditorTests
{
    private Screen _screen = null!;
    private Typist _typist = null!;
    private LineHistory _history = null!;

    [SetUp]
    public void Sit()
    {
        _screen = new Screen(20, 6);
        _typist = new Typist();
        _history = new LineHistory();
    }

    [TearDown]
    public void Leave() => _screen.Dispose();

    [Test]
    public void Text_Typed_IsShownAndReadAtEnter()
    {
        Assert.That(Read(_typist.Text("Hello\r")), Is.EqualTo("Hello"));
        Assert.That(_screen.Picture, Is.EqualTo("> Hello\n|"));
    }

    [Test]
    public void Cursor_Moved_PutsTextInTheMiddle()
    {
        See(_typist.Text("helo").Press(ConsoleKey.LeftArrow).Text("l"), "> hell|o");
        See(_typist.Press(ConsoleKey.Home).Text("x"), "> x|");
        See(_typist.Text("ab").Press(ConsoleKey.Home).Press(ConsoleKey.End).Text("c"), "> abc|");
    }

    [Test]
    public void Words_AreSteppedOverAndDeletedWhole()
    {
        See(_typist.Text("one two, three").Press(Typist.Control(ConsoleKey.LeftArrow), Typist.Control(ConsoleKey.LeftArrow)), "> one |two, three");
        See(_typist.Text("one two").Press(Typist.Control(ConsoleKey.W)), "> one |");
        See(_typist.Text("one two").Press(ConsoleKey.Home).Press(Typist.Alt(ConsoleKey.D)), "> | two");
        See(_typist.Text("one two").Press(Typist.Alt(ConsoleKey.B), Typist.Control(ConsoleKey.K)), "> one |");
        See(_typist.Text("one two").Press(Typist.Control(ConsoleKey.U), Typist.Control(ConsoleKey.Y), Typist.Control(ConsoleKey.Y)), "> one twoone two|");
    }

    [Test]
    public void Deleting_TakesWhatPeopleSeeAsOneCharacter()
    {
        See(_typist.Text("a👍🏽b").Press(ConsoleKey.LeftArrow).Press(ConsoleKey.Backspace), "> a|b");
        See(_typist.Text("ae\u0301").Press(ConsoleKey.Backspace), "> a|");
        See(_typist.Text("ab").Press(ConsoleKey.LeftArrow, 2).Press(ConsoleKey.Delete), "> |b");
        See(_typist.Press(ConsoleKey.Backspace).Press(ConsoleKey.Delete), "> |");
    }

    [Test]
    public void Text_WiderThanTheTerminal_IsWrappedAndEditedThere()
    {
        See(_typist.Text("0123456789abcdefgh"), "> 0123456789abcdefgh\n|");
        See(_typist.Text("0123456789abcdefghi"), "> 0123456789abcdefgh\ni|");
        See(_typist.Text("0123456789abcdefghi").Press(ConsoleKey.LeftArrow, 2).Text("X"), "> 0123456789abcdefgX\n|hi");
        See(_typist.Text("0123456789abcdefghijk").Press(ConsoleKey.Backspace, 4), "> 0123456789abcdefg|");
    }

    [Test]
    public void WideCharacters_TakeTwoCells()
    {
        Assert.Throws<EndOfTypingException>(() => Read(_typist.Text("世界").Press(ConsoleKey.LeftArrow)));
        Assert.That(_screen.Column, Is.EqualTo(4));
    }

    [Test]
    public void Lines_Several_AreTypedInSeveralWays()
    {
        Assert.That(Read(_typist.Text("a\nb").Press(Typist.Alt(ConsoleKey.Enter)).Text("c\r")), Is.EqualTo("a\nb\nc"));
        Assert.That(Read(_typist.Text("a\\\rb\r")), Is.EqualTo("a\nb"));
        Assert.That(Read(_typist.Text("\"\"\"\ra\r\rb\"\"\"\r")), Is.EqualTo("\"\"\"\na\n\nb\"\"\""));
    }

    [Test]
    public void Lines_Several_AreMovedThroughBeforeHistory()
    {
        _history.Add("before");
        See(_typist.Text("abc\nd").Press(ConsoleKey.UpArrow).Text("x"), "> ax|bc\n... d");
        See(_typist.Text("ab\ncd").Press(ConsoleKey.UpArrow).Press(ConsoleKey.DownArrow).Text("x"), "> ab\n... cdx|");
        See(_typist.Text("ab\ncd").Press(ConsoleKey.UpArrow, 2), "> before|");
    }

    [Test]
    public void Paste_OfSeveralLines_IsTextAndNoEnter()
    {
        Assert.That(Read(_typist.Text("\e[200~one\rtwo\tx\r\e[201~!\r")), Is.EqualTo("one\ntwo\tx\n!"));
        Assert.That(_screen.Picture, Is.EqualTo("> one\n... two    x\n... !\n|"));
    }

    [Test]
    public void Escape_ThatBeginsNoPaste_IsNothingAndWhatFollowsIsText() => See(_typist.Text("a\e[20x"), "> a[20x|");

    [Test]
    public void History_UpAndDown_KeepsWhatIsBeingTyped()
    {
        _history.Add("one");
        _history.Add("two");
        See(_typist.Text("dr").Press(ConsoleKey.UpArrow), "> two|");
        See(_typist.Text("dr").Press(ConsoleKey.UpArrow, 3), "> one|");
        See(_typist.Text("dr").Press(ConsoleKey.UpArrow, 2).Press(ConsoleKey.DownArrow, 3), "> dr|");
    }

    [Test]
    public void Text_HigherThanTheTerminal_ShowsThePartAroundTheCursor()
    {
        See(_typist.Text("1\n2\n3\n4\n5\n6\n7\n8"), "... 4\n... 5\n... 6\n... 7\n... 8|");
        Assert.That(_screen.Picture.Split('\n'), Has.Length.LessThan(_screen.Rows));
    }

    [Test]
    public void EndOfInput_IsControlDWhereNothingIsTyped()
    {
        Assert.That(Read(_typist.Press(Typist.Control(ConsoleKey.D))), Is.Null);
        See(_typist.Text("ab").Press(ConsoleKey.LeftArrow).Press(Typist.Control(ConsoleKey.D)), "> a|");
    }

    [Test]
    public void Tab_AfterTheBeginningOfACommand_CompletesIt()
    {
        See(_typist.Text("/he\t"), "> /help |");
        See(_typist.Text("/s\t"), "> /s|");
        See(_typist.Text("what\t"), "> what|");
    }

    [Test]
    public void Clear_WithSomethingTyped_BeginsAnewBelow_AndSaysWhetherThereWasAnything()
    {
        LineEditor editor = Editor(_typist.Text("some"));
        Assert.Throws<EndOfTypingException>(() => editor.Read("> ", "> "));
        Assert.That(editor.Clear(), Is.True);
        Assert.That(_screen.Picture, Is.EqualTo("> some^C\n> |"));
        Assert.That(editor.Clear(), Is.False);
        editor.Note("note");
        Assert.That(_screen.Picture, Is.EqualTo("> some^C\nnote\n> |"));
    }

    [Test]
    public void Controls_InPastedText_DoNotSteerTheTerminal() => See(_typist.Text("\e[200~a\aB\e[201~"), "> a␇B|");

    private void See(Typist typist, string picture)
    {
        _screen.Dispose();
        _screen = new Screen(20, 6);
        Assert.Throws<EndOfTypingException>(() => Editor(typist).Read("> ", "\e[32m> \e[0m"));
        Assert.That(_screen.Picture, Is.EqualTo(picture));
        _history.Add(""); // the next one begins behind the newest entry
    }

    private string? Read(Typist typist) => Editor(typist).Read("> ", "> ");

    private LineEditor Editor(Typist typist) =>
        new(typist.Keys, _screen, new LineScreen(() => (20, 6)), _history, MessageText.Next, ChatCommands.Complete);
}
