// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Tests.Verbs;

public sealed class TemplateVerbTests
{
    private const string Messages = """[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}]""";
    private const string Rendered = "<|im_start|>system<|im_sep|>Be brief.<|im_end|><|im_start|>user<|im_sep|>Hello<|im_end|>";
    private const string Opening = "<|im_start|>assistant<|im_sep|>";

    [Test]
    public async Task Messages_AsListOrObject_AreRenderedByPhi4sTemplate()
    {
        Assert.That((await Command.PipeAsync(Messages, "template")).Out, Is.EqualTo($"{Rendered}\n"));
        Assert.That((await Command.PipeAsync(Messages, "template", "--add-generation-prompt")).Out, Is.EqualTo($"{Rendered}{Opening}\n"));
        Assert.That(
            (await Command.PipeAsync($"{{\"messages\":{Messages},\"add_generation_prompt\":true}}", "template", "-o", "json")).Json.GetProperty("text").GetString(),
            Is.EqualTo(Rendered + Opening));
    }

    [Test]
    public async Task Template_FromAFile_IsUsed()
    {
        using var folder = new TemporaryFolder();
        string template = folder.Write("t.jinja", "{% for m in messages %}[{{ m.role }}]{% endfor %}");
        string messages = folder.Write("m.json", Messages);
        Assert.That((await Command.RunAsync("template", messages, "--template", template)).Out, Is.EqualTo("[system][user]\n"));
        Outcome broken = await Command.RunAsync("template", messages, "--template", folder.Write("b.jinja", "{% for %}"));
        Assert.That(broken.ExitCode, Is.EqualTo(4), broken.Error);
    }

    [TestCase("7", 1)]
    [TestCase("[{\"content\":\"x\"}]", 1)]
    [TestCase("[", 1)]
    public async Task Messages_ThatAreNone_AreRefused(string json, int expected)
    {
        Outcome outcome = await Command.PipeAsync(json, "template");
        Assert.That(outcome.ExitCode, Is.EqualTo(expected));
        Assert.That(outcome.Error, Does.StartWith("error: "));
    }
}
