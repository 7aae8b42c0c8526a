// SPDX-License-Identifier: MIT
using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Phi4.Packages.Tests;

/// <summary>What a stranger gets: complete packages, managed code only, no dependency that was not decided on.</summary>
[TestFixture]
internal sealed partial class PackageTests
{
    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["Phi4.Tokenizer"] = [],
        ["Phi4.Kernels"] = [],
        ["Phi4.Core"] = ["Phi4.Kernels", "Phi4.Tokenizer"],
        ["Phi4.Extensions.AI"] =
        [
            "Phi4.Core", "Microsoft.Extensions.AI.Abstractions", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Diagnostics.HealthChecks",
            "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
        ],
        ["phi4"] = [],
    };

    private static IReadOnlyList<string> Packages => PackedFiles.Ids;

    private static IEnumerable<string> Libraries => Packages.Where(id => id != "phi4");

    [TestCaseSource(nameof(Packages))]
    public void Package_OfTheHouse_SaysWhatItIs(string id)
    {
        using ZipArchive package = PackedFiles.Open(id);
        XElement facts = Manifest(package);
        Assert.Multiple(() =>
        {
            Assert.That(Fact(facts, "id"), Is.EqualTo(id));
            Assert.That(Fact(facts, "license"), Is.EqualTo("MIT"));
            Assert.That(Fact(facts, "description"), Has.Length.GreaterThan(40));
            Assert.That(Fact(facts, "tags"), Does.Contain("phi-4"));
            foreach (string name in (string[])["readme", "icon"])
                Assert.That(package.GetEntry(Fact(facts, name)), Is.Not.Null, name);
            foreach (string file in (string[])["LICENSE", "THIRD_PARTY_NOTICES.md", "CHANGELOG.md"])
                Assert.That(package.GetEntry(file), Is.Not.Null, file);
        });
    }

    [TestCaseSource(nameof(Packages))]
    public void Package_OfTheHouse_DependsOnWhatWasDecided(string id)
    {
        using ZipArchive package = PackedFiles.Open(id);
        IEnumerable<string> found = Manifest(package).Descendants().Where(node => node.Name.LocalName == "dependency").Select(node => node.Attribute("id")!.Value);
        Assert.That(Dependencies, Does.ContainKey(id));
        Assert.That(found, Is.EquivalentTo(Dependencies[id]));
    }

    [TestCaseSource(nameof(Packages))]
    public void Package_OfTheHouse_HoldsNoNativeBinary(string id)
    {
        using ZipArchive package = PackedFiles.Open(id);
        foreach (ZipArchiveEntry entry in package.Entries)
        {
            Assert.That(entry.FullName, Does.Not.Match(@"(?i)(^|/)runtimes/|\.(so|dylib|exe|a|lib|cubin|fatbin)(\.\d+)*$"));
            if (entry.FullName.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
                Assert.That(ManagedAssembly.TryRead(entry), Is.Not.Null, $"{entry.FullName} is native");
        }
    }

    [TestCaseSource(nameof(Libraries))]
    public void Library_OfTheHouse_IsDocumentedReproducibleAndSafeAheadOfTime(string id)
    {
        using ZipArchive package = PackedFiles.Open(id);
        ManagedAssembly assembly = ManagedAssembly.TryRead(package.GetEntry($"lib/net10.0/{id}.dll")!)!;
        Assert.Multiple(() =>
        {
            Assert.That(package.GetEntry($"lib/net10.0/{id}.xml")?.Length, Is.GreaterThan(1000), "XML documentation");
            Assert.That(assembly.IsReproducible, "compiled deterministically");
            Assert.That(assembly.Facts.GetValueOrDefault("IsTrimmable"), Is.EqualTo("True"));
            Assert.That(assembly.Facts.GetValueOrDefault("IsAotCompatible"), Is.EqualTo("True"));
        });
    }

    [TestCaseSource(nameof(Libraries))]
    public void Symbols_OfALibrary_BelongToIt(string id)
    {
        using ZipArchive package = PackedFiles.Open(id);
        using ZipArchive symbols = PackedFiles.Open(id, ".snupkg");
        ManagedAssembly assembly = ManagedAssembly.TryRead(package.GetEntry($"lib/net10.0/{id}.dll")!)!;
        Assert.That(ManagedAssembly.SymbolsOf(symbols.GetEntry($"lib/net10.0/{id}.pdb")!), Is.EqualTo(assembly.SymbolId));
    }

    [TestCaseSource(nameof(Packages))]
    public void Readme_OfAPackage_HasNoLinkThatLeadsNowhereOutsideTheRepository(string id)
    {
        using ZipArchive package = PackedFiles.Open(id);
        using var reader = new StreamReader(package.GetEntry("README.md")!.Open());
        Assert.That(RelativeLink().Matches(reader.ReadToEnd()), Is.Empty);
    }

    [Test]
    public void Core_ForWhoPublishesAheadOfTime_SaysThatVectorsHaveToBeChosen()
    {
        using ZipArchive package = PackedFiles.Open("Phi4.Core");
        Assert.That(package.GetEntry("buildTransitive/Phi4.Core.targets"), Is.Not.Null);
        Assert.That(package.GetEntry("build/Phi4.Core.targets"), Is.Not.Null);
    }

    [Test]
    public void Tool_OfTheHouse_IsCalledPhi4AndRunsAnywhere()
    {
        using ZipArchive package = PackedFiles.Open("phi4");
        using Stream settings = package.GetEntry("tools/net10.0/any/DotnetToolSettings.xml")!.Open();
        XElement command = XDocument.Load(settings).Descendants().Single(node => node.Name.LocalName == "Command");
        Assert.That(command.Attribute("Name")!.Value, Is.EqualTo("phi4"));
        Assert.That(package.GetEntry("tools/net10.0/any/" + command.Attribute("EntryPoint")!.Value), Is.Not.Null);
    }

    private static XElement Manifest(ZipArchive package)
    {
        using Stream content = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(content).Root!;
    }

    private static string Fact(XElement manifest, string name) => manifest.Descendants().FirstOrDefault(node => node.Name.LocalName == name)?.Value ?? "";

    [GeneratedRegex(@"\]\((?!https?://)[^)]*\)")]
    private static partial Regex RelativeLink();
}
