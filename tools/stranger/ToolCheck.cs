// SPDX-License-Identifier: MIT
namespace Phi4.Stranger;

/// <summary>The command as a .NET tool.</summary>
internal static class ToolCheck
{
    public static void Check(Workplace place, Checks checks)
    {
        Console.WriteLine("The tool phi4");
        checks.Run("installed, it answers", () =>
        {
            string folder = Path.Combine(place.Folder, "tool");
            Child.Must(place.Folder, "dotnet", "tool", "install", "phi4", "--tool-path", folder, "--source", place.Feed, "--version", place.Version);
            Outcome answer = Child.Must(place.Folder, Path.Combine(folder, "phi4"), "run", "--model", "samples/phi4-sample", "What is 12 + 30?");
            Checks.Equal("12 + 30 = 42.", answer.Out.Trim());
        });
    }
}
