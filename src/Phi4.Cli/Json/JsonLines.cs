// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Errors;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Json;

/// <summary>One JSON object a line in, one a line out, in order, each as soon as it is there.</summary>
internal static class JsonLines
{
    /// <summary>
    /// Answers every line of standard input. A line that cannot be answered gets <c>{"error":{"type":…,"message":…}}</c> in its place and the rest goes on;
    /// empty lines are passed over.
    /// </summary>
    /// <param name="terminal">Where the lines come from and go to.</param>
    /// <param name="answer">Writes the members of one answer.</param>
    /// <param name="cancellationToken">Stops before the next answer.</param>
    /// <returns>0, or 1 if any line was bad.</returns>
    public static async Task<int> AnswerAsync(
        Terminal terminal, Func<JsonElement, Utf8JsonWriter, Task> answer, CancellationToken cancellationToken)
    {
        int code = ExitCode.Success;
        using var line = new JsonLine();
        while (await terminal.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } request)
        {
            if (string.IsNullOrWhiteSpace(request))
            {
                continue;
            }

            string response;
            try
            {
                using JsonDocument document = Parse(request);
                response = await line.ObjectAsync(writer => answer(document.RootElement, writer)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException and not OutputClosedException)
            {
                ErrorReport report = ErrorReport.Of(e);
                code = ExitCode.Failed;
                response = line.Object(writer => WriteError(writer, report));
            }

            terminal.Out.WriteLine(response);
            terminal.Out.Flush();
        }

        return code;
    }

    private static JsonDocument Parse(string text)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new RequestException("invalid_json", e.Message);
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            JsonValueKind kind = document.RootElement.ValueKind;
            document.Dispose();
            throw RequestException.InvalidRequest($"A line must hold one JSON object, not a value of kind {kind}.");
        }

        return document;
    }

    private static void WriteError(Utf8JsonWriter writer, ErrorReport report)
    {
        writer.WriteStartObject("error");
        writer.WriteString("type", report.Type);
        writer.WriteString("message", report.Message);
        writer.WriteEndObject();
    }
}
