// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Stranger;

/// <summary>A new project with package references and one source file, as `dotnet new console` and `dotnet add package` leave it.</summary>
internal sealed class StrangerProject
{
    // Microsoft.Extensions.AI brings a dependency whose exact version is not everywhere; a project says which it takes.
    private static readonly Dictionary<string, string> Versions = new() { ["Microsoft.Extensions.AI"] = "10.11.0", ["System.Numerics.Tensors"] = "10.0.15" };

    private readonly Workplace _place;
    private readonly string _folder;
    private readonly string _name;

    public StrangerProject(Workplace place, string name, string code, IEnumerable<string> packages, bool web)
    {
        _place = place;
        _name = name;
        _folder = Path.Combine(place.Folder, "projects", name);
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "Program.cs"), code);
        List<string> all = [.. packages];
        if (all.Contains("Microsoft.Extensions.AI"))
            all.Add("System.Numerics.Tensors");
        string references = string.Join("\n    ", all.Select(id => $"""<PackageReference Include="{id}" Version="{Versions.GetValueOrDefault(id, place.Version)}" />"""));
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(Path.Combine(_folder, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk{(web ? ".Web" : "")}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <TrimmerSingleWarn>false</TrimmerSingleWarn>
                <NuGetAudit>false</NuGetAudit>
                <RestoreAdditionalProjectSources>{place.Feed}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{place.Packages}</RestorePackagesPath>
                <RestoreFallbackFolders>{cache}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
            </Project>
            """);
    }

    /// <summary>Builds it in one of the forms that programs are shipped in.</summary>
    public Published Make(Form form)
    {
        string target = Path.Combine(_folder, "out", form.ToString());
        string[] how = form switch
        {
            Form.JustInTime => ["publish"],
            Form.Trimmed => ["publish", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "-p:PublishTrimmed=true"],
            _ => ["publish", "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishAot=true", "-p:IlcInstructionSet=native", .. Linker()],
        };
        Child.Must(_folder, "dotnet", [.. how, "-c", "Release", "-o", target, "-v", "quiet", "--nologo"]);
        return new Published(_place.Folder, Path.Combine(target, _name + (OperatingSystem.IsWindows() ? ".exe" : "")), SizeOf(target));
    }

    /// <summary>What publishing ahead of time says where nobody chose the vectors. The project has been made in some form before.</summary>
    public string WarningAboutVectors() => Child.Run(
        _folder, "dotnet", "msbuild", "-t:Phi4WarnAboutVectors", "-p:PublishAot=true", "-p:TreatWarningsAsErrors=false", "-p:RuntimeIdentifier=linux-x64", "-nologo").Out;

    public void Remove() => Directory.Delete(_folder, recursive: true);

    private static string[] Linker() => !OperatingSystem.IsLinux() || FindsClang() ? [] : ["-p:CppCompilerAndLinker=gcc"];

    private static bool FindsClang() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "clang")));

    private static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
        .Where(file => file.Extension is not (".pdb" or ".dbg" or ".xml")).Sum(file => file.Length);
}

/// <summary>How a program is shipped.</summary>
internal enum Form
{
    /// <summary>For a machine that has the runtime.</summary>
    JustInTime,

    /// <summary>With the parts of the runtime that it needs.</summary>
    Trimmed,

    /// <summary>One native program.</summary>
    AheadOfTime,
}

/// <summary>A program that was made.</summary>
/// <param name="Folder">Where it runs.</param>
/// <param name="Path">The file to start.</param>
/// <param name="Bytes">What has to be shipped, without symbols.</param>
internal sealed record Published(string Folder, string Path, long Bytes)
{
    public Outcome Run(params string[] args) => Child.Must(Folder, Path, args);
}
