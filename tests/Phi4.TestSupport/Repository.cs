// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport;

/// <summary>Finds files of the repository from wherever a test program runs.</summary>
public static class Repository
{
    /// <summary>The folder of <c>Phi4.Engine.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Phi4.Engine.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Phi4.Engine.sln.");
    }
}
