// SPDX-License-Identifier: MIT
// Takes packed files as somebody would who has never seen this repository. Ends with "N passed, N failed".
//   --root FOLDER   the repository        --feed FOLDER   the packed files (make pack)
//   --document FILE only the programs of this document
//   --model FOLDER  what the speed is measured on; the sample model where it is not given        --tokens N   how many of them
using Phi4.Stranger;

Dictionary<string, string> options = args.Chunk(2).ToDictionary(pair => pair[0], pair => pair[^1]);
string root = Path.GetFullPath(options.GetValueOrDefault("--root", "."));
using var place = new Workplace(root, Path.GetFullPath(options.GetValueOrDefault("--feed", Path.Combine(root, "artifacts", "packages"))));
var checks = new Checks();

Console.WriteLine($"The packed files, version {place.Version}, in {place.Folder}");
string? only = options.GetValueOrDefault("--document");
ReadmePrograms.Check(place, checks, only);
if (only is null)
{
    ToolCheck.Check(place, checks);
    SourceCheck.Check(place, checks);
    SpeedTable.Check(place, checks, options.GetValueOrDefault("--model", Path.Combine(place.Folder, "samples", "phi4-sample")), options.GetValueOrDefault("--tokens", "256"));
}

Console.WriteLine($"{checks.Passed} passed, {checks.Failed} failed");
return checks.Failed == 0 ? 0 : 1;
