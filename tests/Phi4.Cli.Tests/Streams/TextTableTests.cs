// SPDX-License-Identifier: MIT
using Phi4.Cli.Streams;

namespace Phi4.Cli.Tests.Streams;

public sealed class TextTableTests
{
    [Test]
    public void WriteTo_NumbersAndWords_AlignsThem()
    {
        var table = new TextTable("bytes", "name");
        table.Add("1,024", "a");
        table.Add("7", "bcd");
        using var writer = new StringWriter { NewLine = "\n" };
        table.WriteTo(writer);
        Assert.That(writer.ToString(), Is.EqualTo("bytes  name\n1,024  a\n    7  bcd\n"));
    }
}
