// SPDX-License-Identifier: MIT
using System.Text.Encodings.Web;

namespace Phi4.Cli.Json;

/// <summary>Text on one line, as JSON spells it.</summary>
internal static class JsonText
{
    /// <summary>The text in quotes, with line ends and control characters escaped.</summary>
    public static string Quote(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
