// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;
using Phi4.Core.Configuration;

namespace Phi4.Cli.Options;

/// <summary>Says early and plainly when a path holds no model.</summary>
internal static class ModelFolder
{
    private const string Gguf = ".gguf";

    private static readonly string[] ForeignFormats = ["*.bin", "*.pt", "*.pth", "*.onnx"];

    /// <summary>A folder with a configuration and weights.</summary>
    public static string Require(string path)
    {
        RequireConfiguration(path);
        if (Directory.EnumerateFiles(path, "*.safetensors").Any())
        {
            return path;
        }

        if (Directory.EnumerateFiles(path, $"*{Gguf}").FirstOrDefault() is { } gguf)
        {
            throw new CommandException(ExitCode.UnsupportedFormat, $"{path}: no safetensors, but {Path.GetFileName(gguf)}.", $"name the file itself: --model {gguf}");
        }

        string? foreign = ForeignFormats.SelectMany(pattern => Directory.EnumerateFiles(path, pattern)).FirstOrDefault();
        throw foreign is null
            ? new CommandException(ExitCode.ModelNotFound, $"{path}: no weights (*.safetensors).", "`phi4 inspect` works on a configuration alone.")
            : new CommandException(ExitCode.UnsupportedFormat, $"{path}: no safetensors, but {Path.GetFileName(foreign)}.", "weights are read from safetensors and GGUF.");
    }

    private static void RequireConfiguration(string path)
    {
        if (File.Exists(path))
        {
            throw new CommandException(ExitCode.ModelNotFound, $"{path} is a file.", "name the folder that holds config.json and the weights, or a GGUF file.");
        }

        if (!Directory.Exists(path))
        {
            throw new CommandException(
                ExitCode.ModelNotFound, $"No model at {path}: there is no such folder.",
                "a model is a folder with config.json, safetensors and tokenizer files; `phi4 pull microsoft/phi-4` downloads one.");
        }

        if (!File.Exists(Path.Combine(path, ModelConfigReader.FileName)))
        {
            throw new CommandException(
                ExitCode.ModelNotFound, $"No model at {path}: the folder has no {ModelConfigReader.FileName}.",
                Directory.EnumerateFiles(path, $"*{Gguf}").FirstOrDefault() is { } gguf ? $"name the file itself: --model {gguf}" : null);
        }
    }
}
