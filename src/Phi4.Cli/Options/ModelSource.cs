// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;

namespace Phi4.Cli.Options;

/// <summary>What a model can be made from: a folder, or a file of another program's format.</summary>
internal static class ModelSource
{
    /// <summary>The path, which has a model.</summary>
    /// <exception cref="CommandException">It has none.</exception>
    public static string Require(string path)
    {
        if (!path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || Directory.Exists(path))
        {
            return ModelFolder.Require(path);
        }

        return File.Exists(path) ? path : throw new CommandException(ExitCode.ModelNotFound, $"No model at {path}: there is no such file.");
    }
}
