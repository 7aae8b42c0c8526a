// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>One thing that is wrong with a model's files.</summary>
/// <param name="File">File that is wrong; a folder where a file is missing from it.</param>
/// <param name="Item">Configuration key or tensor name; null where the file as a whole is meant.</param>
/// <param name="Expected">What would have been right.</param>
/// <param name="Found">What is there.</param>
public sealed record ModelFormatProblem(string File, string? Item, string Expected, string Found)
{
    /// <summary>One line for people.</summary>
    public override string ToString() =>
        Item is null ? $"{File}: expected {Expected}, found {Found}" : $"{File}: {Item}: expected {Expected}, found {Found}";
}

/// <summary>
/// A model's files are damaged, hostile, contradict each other, or ask for something that this library does not do. Nothing was loaded.
/// </summary>
public sealed class ModelFormatException : Phi4Exception
{
    private const int ListedProblems = 10;

    /// <summary>An error about one item.</summary>
    public ModelFormatException(string file, string? item, string expected, string found, Exception? innerException = null)
        : this([new ModelFormatProblem(file, item, expected, found)], innerException)
    {
    }

    /// <summary>An error about several items at once; the message lists the first ten.</summary>
    /// <param name="problems">At least one.</param>
    /// <param name="innerException">The cause, if another exception was it.</param>
    public ModelFormatException(IReadOnlyList<ModelFormatProblem> problems, Exception? innerException = null)
        : base(Describe(problems), innerException) => Problems = problems;

    /// <summary>Everything that was found wrong; at least one.</summary>
    public IReadOnlyList<ModelFormatProblem> Problems { get; }

    /// <summary>File of the first problem.</summary>
    public string File => Problems[0].File;

    /// <summary>Key or tensor of the first problem, if it has one.</summary>
    public string? Item => Problems[0].Item;

    /// <summary>What the first problem's place should hold.</summary>
    public string Expected => Problems[0].Expected;

    /// <summary>What the first problem's place holds.</summary>
    public string Found => Problems[0].Found;

    private static string Describe(IReadOnlyList<ModelFormatProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentOutOfRangeException.ThrowIfZero(problems.Count, nameof(problems));
        if (problems.Count == 1)
        {
            return $"{problems[0]}.";
        }

        string list = string.Join(Environment.NewLine, problems.Take(ListedProblems).Select(problem => $"  {problem}"));
        string rest = problems.Count > ListedProblems ? $"{Environment.NewLine}  and {problems.Count - ListedProblems} more" : "";
        return $"{problems.Count} problems with the model's files:{Environment.NewLine}{list}{rest}";
    }
}
