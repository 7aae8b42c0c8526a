// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Phi4.TestSupport;

namespace Phi4.Extensions.AI.Tests;

/// <summary>The table of docs/extensions-ai.md: it is whole, and each row names a test that there is.</summary>
internal sealed partial class DocumentTests
{
    private static readonly string Document = File.ReadAllText(Repository.PathTo("docs", "extensions-ai.md"));

    private static string[] Rows => [.. Document.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];

    [Test]
    public void Table_OfEveryRow_NamesTestsThatThereAre()
    {
        string[] tests = [.. typeof(DocumentTests).Assembly.GetTypes().SelectMany(type => type.GetMethods().Select(method => $"{type.Name}.{method.Name}"))];
        Assert.That(Rows, Has.Length.GreaterThan(30));
        foreach (string row in Rows)
        {
            string[] named = [.. TestName().Matches(row).Select(match => match.Value)];
            Assert.That(named, Is.Not.Empty, row);
            Assert.That(named, Is.SubsetOf(tests), row);
        }
    }

    [Test]
    public void Table_OfOptionsAndContents_LeavesNoneOut()
    {
        string[] named = [.. Rows.SelectMany(row => Code().Matches(row.Split('|')[1]).Select(match => match.Groups[1].Value))];
        Assert.That(typeof(ChatOptions).GetProperties().Select(property => property.Name), Is.SubsetOf(named));
        Assert.That(typeof(AIContent).Assembly.GetExportedTypes().Where(type => typeof(AIContent).IsAssignableFrom(type)).Select(type => type.Name), Is.SubsetOf(named));
    }

    [Test]
    public void Words_OfTheToolRendering_AreTheDocuments()
    {
        string prompt = Chat.Render(Models.Sample, Chat.User("Hi"), new() { Tools = [AIFunctionFactory.Create((string city) => city, "weather", "The weather of a city.")] });
        string system = prompt["<|im_start|>system<|im_sep|>".Length..prompt.IndexOf("<|im_end|>", StringComparison.Ordinal)];
        Assert.That(Document, Does.Contain(system));
    }

    [GeneratedRegex(@"\b\w+Tests\.\w+")]
    private static partial Regex TestName();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Code();
}
