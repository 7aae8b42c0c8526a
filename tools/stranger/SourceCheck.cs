// SPDX-License-Identifier: MIT
using System.Reflection.Metadata;
using System.Security.Cryptography;
using System.Text;

namespace Phi4.Stranger;

/// <summary>Two clones in two places give the same library, bit for bit, and its symbols lead to the sources at the clone's remote.</summary>
internal static class SourceCheck
{
    private const string Remote = "https://github.com/example/phi4-engine";
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    public static void Check(Workplace place, Checks checks)
    {
        Console.WriteLine("Two clones of the sources");
        string first = "", second = "";
        checks.Run("build", () => (first, second) = (Build(place, "one"), Build(place, "another")));
        checks.Run("give the same library, bit for bit", () => Checks.Equal(Hash(first + ".dll"), Hash(second + ".dll")));
        checks.Run("link symbols to sources", () => Checks.Contains("raw.githubusercontent.com/example/phi4-engine/", LinksOf(first + ".pdb")));
    }

    private static string Build(Workplace place, string name)
    {
        string clone = Path.Combine(place.Folder, "clones", name);
        Child.Must(place.Folder, "git", "clone", "--quiet", "--depth", "1", new Uri(place.Root).AbsoluteUri, clone);
        Child.Must(clone, "git", "remote", "set-url", "origin", Remote);
        Child.Must(clone, "dotnet", "build", "src/Phi4.Tokenizer", "-c", "Release", "-p:ContinuousIntegrationBuild=true", "-v", "quiet", "--nologo");
        return Path.Combine(clone, "artifacts", "bin", "Phi4.Tokenizer", "release", "Phi4.Tokenizer");
    }

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));

    private static string LinksOf(string symbols)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(File.ReadAllBytes(symbols)));
        MetadataReader reader = provider.GetMetadataReader();
        return string.Join('\n', reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
            .Where(item => reader.GetGuid(item.Kind) == SourceLink).Select(item => Encoding.UTF8.GetString(reader.GetBlobBytes(item.Value))));
    }
}
