// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text.Json;

namespace Phi4.TestSupport.Schemas;

/// <summary>npm's ajv, through tests/node/judge-json.mjs.</summary>
public static class AjvJudge
{
    private static readonly string Folder = Repository.PathTo("tests", "node");

    /// <summary>Why it can't judge here; null if it can.</summary>
    public static string? Missing { get; } =
        !Directory.Exists(Path.Combine(Folder, "node_modules", "ajv-formats")) ? "ajv is not installed: npm ci in tests/node"
        : !HasNode() ? "there is no node"
        : null;

    /// <summary>Why each text is not valid under its schema; empty for those that are.</summary>
    public static IReadOnlyList<string> Judge(IReadOnlyList<JudgedText> texts)
    {
        using Process node = Start(Path.Combine(Folder, "judge-json.mjs"));
        Task<string> output = node.StandardOutput.ReadToEndAsync();
        Task<string> errors = node.StandardError.ReadToEndAsync();
        foreach (JudgedText text in texts)
        {
            node.StandardInput.WriteLine($"{{\"schema\":{text.Schema},\"text\":{JsonSerializer.Serialize(text.Text)}}}");
        }

        node.StandardInput.Close();
        node.WaitForExit();
        string[] reasons = [.. output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<string>(line)!)];
        return reasons.Length == texts.Count
            ? reasons
            : throw new InvalidOperationException($"{texts.Count} texts were handed to judge-json.mjs, {reasons.Length} came back. {errors.Result}");
    }

    private static bool HasNode()
    {
        try
        {
            using Process node = Start("--version");
            node.StandardInput.Close();
            node.WaitForExit();
            return node.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string argument) => Process.Start(new ProcessStartInfo("node", [argument])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
