// SPDX-License-Identifier: MIT
using Phi4.Core.Hub;

namespace Phi4.Core.Tests.Hub;

public sealed class HubModelNameTests
{
    [TestCase("microsoft/phi-4", "microsoft", "phi-4", "main")]
    [TestCase("microsoft/Phi-4-mini-instruct@v1.0", "microsoft", "Phi-4-mini-instruct", "v1.0")]
    [TestCase("a/b@refs/pr/1", "a", "b", "refs/pr/1")]
    public void TryParse_OfAName_HasItsParts(string text, string owner, string name, string revision)
    {
        Assert.That(HubModelName.TryParse(text, out HubModelName? parsed), Is.True);
        Assert.That(parsed, Is.EqualTo(new HubModelName(owner, name, revision)));
    }

    [TestCase("phi-4")]
    [TestCase("/models/phi-4")]
    [TestCase("./phi-4")]
    [TestCase("../phi-4")]
    [TestCase("a/b/c")]
    [TestCase("a\\b")]
    [TestCase("a/..")]
    [TestCase("a--x/b")]
    [TestCase("a/b@")]
    [TestCase("a/b@../../etc")]
    [TestCase("a/b@x y")]
    [TestCase("~/phi-4")]
    public void TryParse_OfAPathOrAnAttack_IsNoName(string text) => Assert.That(HubModelName.TryParse(text, out _), Is.False);

    [TestCase("model.safetensors", true)]
    [TestCase("onnx/model.onnx", true)]
    [TestCase("../evil", false)]
    [TestCase("a/../../evil", false)]
    [TestCase("/etc/passwd", false)]
    [TestCase("C:evil", false)]
    [TestCase("a\\..\\evil", false)]
    [TestCase("nul\0", false)]
    [TestCase("", false)]
    public void IsSafePath_OfPaths_KnowsThoseThatStayInside(string path, bool safe) => Assert.That(HubModelName.IsSafePath(path), Is.EqualTo(safe));
}
