// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Tokenizer.Templates;

/// <summary>A chat template could not be read or rendered. The message shows the construct, its place and the text around it.</summary>
public sealed class ChatTemplateException : Exception
{
    private const int ExcerptReach = 48;

    /// <summary>An error that is not tied to a place in a template.</summary>
    public ChatTemplateException(ChatTemplateErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Problem = message;
    }

    private ChatTemplateException(ChatTemplateErrorKind kind, string problem, string message, int line, int column, string excerpt)
        : base(message)
    {
        Kind = kind;
        Problem = problem;
        Line = line;
        Column = column;
        Excerpt = excerpt;
    }

    /// <summary>What sort of error this is.</summary>
    public ChatTemplateErrorKind Kind { get; }

    /// <summary>The error without its place; for <see cref="ChatTemplateErrorKind.Raised"/> the template's own words.</summary>
    public string Problem { get; }

    /// <summary>Line of the construct, counted from 1; 0 if the error has no place in a template.</summary>
    public int Line { get; }

    /// <summary>Column of the construct in UTF-16 units, counted from 1; 0 if the error has no place in a template.</summary>
    public int Column { get; }

    /// <summary>The template's text around the construct, on one line; empty if the error has no place in a template.</summary>
    public string Excerpt { get; } = "";

    internal static ChatTemplateException At(ChatTemplateErrorKind kind, string problem, string source, int position)
    {
        position = Math.Clamp(position, 0, source.Length);
        int lineStart = position == 0 ? 0 : source.LastIndexOf('\n', position - 1) + 1;
        int line = source.AsSpan(0, lineStart).Count('\n') + 1;
        int column = position - lineStart + 1;

        int start = Math.Max(lineStart, position - ExcerptReach);
        int lineEnd = source.IndexOf('\n', position);
        int end = Math.Min(lineEnd < 0 ? source.Length : lineEnd, position + ExcerptReach);
        string lead = start > lineStart ? "…" : "";
        string excerpt = lead + source[start..end].Replace('\t', ' ').Replace('\r', ' ') + (end < lineEnd || (lineEnd < 0 && end < source.Length) ? "…" : "");
        string caret = new string(' ', lead.Length + position - start) + '^';
        string message = string.Create(
            CultureInfo.InvariantCulture, $"Chat template, line {line}, column {column}: {problem}\n  {excerpt}\n  {caret}");
        return new ChatTemplateException(kind, problem, message, line, column, excerpt);
    }
}
