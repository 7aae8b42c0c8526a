// SPDX-License-Identifier: MIT
namespace Phi4.Stranger;

/// <summary>Every program of the READMEs, letter for letter, from packages: just in time, trimmed and ahead of time, with the same output.</summary>
internal static class ReadmePrograms
{
    public static void Check(Workplace place, Checks checks, string? only)
    {
        string[] packages = [.. Directory.GetDirectories(Path.Combine(place.Root, "src")).Select(folder => $"src/{Path.GetFileName(folder)}/README.md").Order(StringComparer.Ordinal)];
        foreach (Snippet snippet in ((string[])["README.md", .. packages]).Where(document => only is null || document == only).SelectMany(document => Snippet.Read(place.Root, document)))
        {
            Console.WriteLine($"{snippet} ({string.Join(", ", snippet.Packages)})");
            var project = new StrangerProject(place, snippet.Name, snippet.Code, snippet.Packages, snippet.IsWebApp);
            string? expected = null;
            foreach (Form form in snippet.JustInTimeOnly ? [Form.JustInTime] : Enum.GetValues<Form>())
            {
                checks.Run($"{form}", () =>
                {
                    Published program = project.Make(form);
                    string found = snippet.IsWebApp ? WebAppCheck.Ask(program) : program.Run().Out;
                    if (string.IsNullOrWhiteSpace(found))
                        throw new InvalidOperationException("it printed nothing");
                    Checks.Equal(expected ??= found, found);
                });
            }

            project.Remove();
        }

        checks.Run("our packages came from the packed files", place.CheckOrigin);
    }
}
