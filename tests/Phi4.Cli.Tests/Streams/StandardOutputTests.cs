// SPDX-License-Identifier: MIT
using Phi4.Cli.Streams;

namespace Phi4.Cli.Tests.Streams;

public sealed class StandardOutputTests
{
    [Test]
    public void Write_ToABrokenPipe_SaysThatTheOutputIsClosed()
    {
        using var output = new StandardOutput(new FailingStream(32));
        Assert.That(() => output.Write("x"u8), Throws.TypeOf<OutputClosedException>());
    }

    [Test]
    public void Write_ToAFullDisk_IsAnErrorLikeAnyOther()
    {
        using var output = new StandardOutput(new FailingStream(28));
        Assert.That(() => output.Write("x"u8), Throws.TypeOf<IOException>());
    }

    private sealed class FailingStream(int errno) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("failed", errno);
    }
}
