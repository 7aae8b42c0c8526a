// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Errors;

/// <summary>A line of JSON does not say what it should.</summary>
internal sealed class RequestException(string type, string message) : Exception(message)
{
    public string Type { get; } = type;

    public static RequestException InvalidRequest(string message) => new("invalid_request", message);
}
