// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;

namespace Phi4.Core.Tests.Configuration;

public sealed class ConfigObjectTests
{
    [Test]
    [Platform(Exclude = "Win")]
    public void ReadFile_TooLargeBehindALink_IsRefusedByItsRealSize()
    {
        using var folder = new TemporaryFolder();
        using (FileStream blob = File.Create(folder["blob"]))
        {
            blob.SetLength((16 << 20) + 1);
        }

        File.CreateSymbolicLink(folder["config.json"], "blob");
        Assert.That(Assert.Throws<ModelFormatException>(() => ConfigObject.ReadFile(folder["config.json"]))!.Found, Is.EqualTo("16777217"));
    }
}
