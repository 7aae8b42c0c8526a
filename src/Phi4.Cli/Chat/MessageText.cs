// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Chat;

/// <summary>How a message of several lines is typed: between <c>"""</c> and <c>"""</c>, or with a backslash at the end of each line but the last.</summary>
internal static class MessageText
{
    private const string Quotes = "\"\"\"";

    /// <summary>With what the next line begins, the text so far included; null if the text is complete.</summary>
    public static string? Next(string text) =>
        IsQuoted(text) ? IsClosed(text) ? null : text + "\n"
        : EndsInBackslash(text) ? text[..^1] + "\n" : null;

    /// <summary>The message without its quotes.</summary>
    public static string Finish(string text)
    {
        if (!IsQuoted(text))
        {
            return text;
        }

        text = text.Trim();
        text = text[Quotes.Length..(IsClosed(text) ? ^Quotes.Length : ^0)];
        return text.Trim('\n');
    }

    private static bool IsQuoted(string text) => text.TrimStart().StartsWith(Quotes, StringComparison.Ordinal);

    private static bool IsClosed(string text) => text.Trim().Length >= 2 * Quotes.Length && text.TrimEnd().EndsWith(Quotes, StringComparison.Ordinal);

    // Two backslashes are two backslashes.
    private static bool EndsInBackslash(string text) => (text.Length - text.TrimEnd('\\').Length) % 2 == 1;
}
