// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;

namespace Phi4.Cli.Options;

/// <summary>What a model can be made from: a folder, a file of another program's format, or the name of a downloaded model.</summary>
internal static class ModelSource
{
    /// <summary>The path, which has a model.</summary>
    /// <param name="path">As the user gave it.</param>
    /// <param name="environment">Says where the hub cache is.</param>
    /// <exception cref="CommandException">It has none.</exception>
    /// <exception cref="ModelNotCachedException">It is a name, and the model was not downloaded.</exception>
    public static string Require(string path, Func<string, string?> environment)
    {
        path = Locate(path, environment);
        if (!path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || Directory.Exists(path))
        {
            return ModelFolder.Require(path);
        }

        return File.Exists(path) ? path : throw new CommandException(ExitCode.ModelNotFound, $"No model at {path}: there is no such file.");
    }

    /// <summary>The path itself, or, where nothing is there and it has the form of a name, where that model was downloaded to.</summary>
    /// <exception cref="ModelNotCachedException">It is a name, and the model was not downloaded.</exception>
    public static string Locate(string path, Func<string, string?> environment) =>
        Directory.Exists(path) || File.Exists(path) || path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || !Phi4Hub.IsModelName(path)
            ? path
            : Phi4Hub.Find(path, Phi4Hub.OptionsFrom(environment));
}
