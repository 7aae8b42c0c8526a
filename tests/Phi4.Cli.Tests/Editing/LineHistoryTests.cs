// SPDX-License-Identifier: MIT
using Phi4.Cli.Editing;

namespace Phi4.Cli.Tests.Editing;

public sealed class LineHistoryTests
{
    [Test]
    public void File_AfterAWhile_HasWhatWasTyped_SeveralLinesIncluded()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "new", "history");
        var first = new LineHistory(file);
        foreach (string text in (string[])["one", "two\nlines \"quoted\"", "two\nlines \"quoted\"", " secret", "", "three"])
        {
            first.Add(text);
        }

        Assert.That(new LineHistory(file).Entries, Is.EqualTo((string[])["one", "two\nlines \"quoted\"", "three"]));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Test]
    public void File_ThatHasGrownTooLong_IsCutToTheNewest()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("history", string.Concat(Enumerable.Range(0, 2500).Select(i => $"\"{i}\"\n")) + "broken\n42\n");
        var history = new LineHistory(file);
        Assert.That(history.Entries, Has.Count.EqualTo(LineHistory.MostEntries));
        Assert.That(history.Entries[^1], Is.EqualTo("2499"));
        Assert.That(File.ReadAllLines(file), Has.Length.EqualTo(LineHistory.MostEntries));
    }

    [Test]
    public void File_ThatCannotBe_IsNoReasonToStop()
    {
        using var folder = new TemporaryFolder();
        var history = new LineHistory(Path.Combine(folder.Write("file", ""), "below"));
        history.Add("one");
        Assert.That(history.Previous(""), Is.EqualTo("one"));
    }

    [TestCase("PHI4_HISTORY", "0", null)]
    [TestCase("PHI4_HISTORY", "/x/h", "/x/h")]
    [TestCase("XDG_STATE_HOME", "/s", "/s/phi4-engine/chat-history")]
    [TestCase("NOTHING", "", null)]
    public void FileOf_TheEnvironment_IsWhatItSays(string variable, string value, string? file) =>
        Assert.That(LineHistory.FileOf(name => name == variable ? value : null), Is.EqualTo(file is null || !OperatingSystem.IsWindows() ? file : Path.GetFullPath(file)));
}
