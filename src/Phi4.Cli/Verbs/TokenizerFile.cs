// SPDX-License-Identifier: MIT
using Phi4.Cli.Errors;
using Phi4.Tokenizer;

namespace Phi4.Cli.Verbs;

/// <summary>A tokenizer and the chat template that belongs to it, from the path that the user names.</summary>
internal static class TokenizerFile
{
    /// <summary>Reads a tokenizer from a folder, a <c>tokenizer.json</c> or a <c>.tiktoken</c> file.</summary>
    /// <exception cref="CommandException">There is nothing at this path.</exception>
    public static Phi4Tokenizer Read(string path)
    {
        if (Directory.Exists(path))
        {
            return Phi4Tokenizer.TryFromFolder(path)
                ?? throw new CommandException(
                    ExitCode.ModelNotFound, $"{path} has no tokenizer.", "tokenizer.json, vocab.json with merges.txt, or a .tiktoken file is read.");
        }

        return File.Exists(path)
            ? Phi4Tokenizer.FromFile(path)
            : throw new CommandException(ExitCode.ModelNotFound, $"No tokenizer at {path}: there is no such file or folder.");
    }

    /// <summary>The chat template beside a tokenizer; phi-4's if there is none.</summary>
    public static ChatTemplate TemplateBeside(string path)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return ChatTemplate.FindInFolder(folder) ?? ChatTemplate.Phi4;
    }
}
