// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;

namespace Phi4.Architecture.Tests;

/// <summary>The assemblies that this test program itself runs on: the base library, the packages, the shipped projects.</summary>
internal static class PlatformReferences
{
    public static IReadOnlyList<MetadataReference> All { get; } = [.. Paths().Select(path => MetadataReference.CreateFromFile(path))];

    public static IReadOnlyList<MetadataReference> WithoutOurs { get; } =
        [.. Paths().Where(path => !Path.GetFileName(path).StartsWith("phi4", StringComparison.OrdinalIgnoreCase)).Select(path => MetadataReference.CreateFromFile(path))];

    private static string[] Paths() => ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
}
