// SPDX-License-Identifier: MIT
using System.Xml.Linq;

namespace Phi4.Architecture.Tests.Projects;

/// <summary>What a shipped project may reference, and whose internals it may open to whom.</summary>
internal static class ProjectRules
{
    /// <summary>Project → projects.</summary>
    public static IReadOnlyDictionary<string, string[]> MayReference { get; } = new Dictionary<string, string[]>
    {
        ["Phi4.Tokenizer"] = [],
        ["Phi4.Kernels"] = [],
        ["Phi4.Core"] = ["Phi4.Kernels", "Phi4.Tokenizer"],
        ["Phi4.Extensions.AI"] = ["Phi4.Core", "Phi4.Tokenizer"],
        ["Phi4.Cli"] = ["Phi4.Core", "Phi4.Tokenizer"],
    };

    /// <summary>Project → packages.</summary>
    public static IReadOnlyDictionary<string, string[]> MayInstall { get; } = new Dictionary<string, string[]>
    {
        ["Phi4.Tokenizer"] = [],
        ["Phi4.Kernels"] = [],
        ["Phi4.Core"] = [],
        ["Phi4.Extensions.AI"] =
        [
            "Microsoft.Extensions.AI.Abstractions", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Diagnostics.HealthChecks",
            "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
        ],
        ["Phi4.Cli"] = ["System.CommandLine", "Spectre.Console"],
    };

    // Among shipped projects only Core is a friend: IKernels is internal because its callers are.
    private static readonly (string Of, string Friend)[] Friends = [("Phi4.Kernels", "Phi4.Core")];

    public static IEnumerable<Violation> Judge(RepositoryFile project)
    {
        var name = Path.GetFileNameWithoutExtension(project.Path);
        if (!MayReference.TryGetValue(name, out var projects))
        {
            yield return new Violation(project.Path, 0, $"the project {name} is not in the tables of ProjectRules.cs");
            yield break;
        }

        var xml = XDocument.Parse(project.Text);
        foreach (var reference in Includes(xml, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))))
        {
            if (!projects.Contains(reference))
                yield return new Violation(project.Path, 0, $"{name} may not reference {reference}");
        }

        foreach (var package in Includes(xml, "PackageReference"))
        {
            if (!MayInstall[name].Contains(package))
                yield return new Violation(project.Path, 0, $"{name} may not use the package {package}");
        }

        foreach (var friend in Includes(xml, "InternalsVisibleTo"))
        {
            if (MayReference.ContainsKey(friend) && !Friends.Contains((name, friend)))
                yield return new Violation(project.Path, 0, $"{name} may not open its internals to {friend}");
        }
    }

    /// <summary>Every project file on disk is in the solution, and the solution names no project that is gone.</summary>
    public static IEnumerable<Violation> JudgeSolution(RepositoryFile solution, IReadOnlyCollection<string> projectPaths)
    {
        var listed = solution.Text.Split('"').Where(part => part.EndsWith(".csproj", StringComparison.Ordinal)).Select(part => part.Replace('\\', '/')).ToHashSet();
        foreach (var path in projectPaths.Where(path => !listed.Contains(path)))
            yield return new Violation(solution.Path, 0, $"{path} is not in the solution");
        foreach (var path in listed.Where(path => !projectPaths.Contains(path)))
            yield return new Violation(solution.Path, 0, $"{path} is in the solution, but not on disk");
    }

    private static IEnumerable<string> Includes(XDocument xml, string element)
        => xml.Descendants(element).Select(node => node.Attribute("Include")?.Value).OfType<string>();
}
