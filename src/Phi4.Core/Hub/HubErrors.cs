// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;

namespace Phi4.Core.Hub;

/// <summary>What a hub's refusals mean.</summary>
internal sealed class HubErrors(HubModelName model, HubOptions options)
{
    private const int LongestMessage = 300;

    /// <summary>The error of an answer that is no success.</summary>
    /// <param name="response">The answer, whose headers say more than its status.</param>
    /// <param name="file">The file asked for, or null.</param>
    public HubException Of(HttpResponseMessage response, string? file)
    {
        int status = (int)response.StatusCode;
        string code = Header(response, "X-Error-Code") ?? "";
        string said = Header(response, "X-Error-Message") is { } message ? $" It says: {Clip(message)}" : "";
        (HubFailure failure, string what) = (response.StatusCode, code) switch
        {
            (_, "GatedRepo") => (HubFailure.Gated, $"its publisher wants terms to be accepted at {Page} first; the request had {TokenPhrase}"),
            (_, "RepoNotFound") => (HubFailure.ModelNotFound, NoSuchModel),
            (_, "RevisionNotFound") => (HubFailure.RevisionNotFound, $"the hub knows no revision {model.Revision} of it"),
            (_, "EntryNotFound") => (HubFailure.FileNotFound, "the hub has no such file"),
            (HttpStatusCode.Unauthorized, _) => (HubFailure.AccessDenied, options.Token is { Length: > 0 } ? "the token was refused" : NoSuchModel),
            (HttpStatusCode.Forbidden, _) => (HubFailure.AccessDenied, $"access was refused; the request had {TokenPhrase}"),
            (HttpStatusCode.NotFound, _) => file is null ? (HubFailure.ModelNotFound, NoSuchModel) : (HubFailure.FileNotFound, "the hub has no such file"),
            (HttpStatusCode.TooManyRequests, _) => (HubFailure.RateLimited, "too many requests"),
            (HttpStatusCode.RequestTimeout, _) or ( >= HttpStatusCode.InternalServerError, _) => (HubFailure.Unreachable, "the hub is not well"),
            _ => (HubFailure.UnexpectedAnswer, "no answer of the hub's protocol"),
        };
        return new HubException(failure, model.Id, FormattableString.Invariant($"{Subject(file)}: {what} (HTTP {status} from {options.Endpoint!.Host}).{said}"))
        {
            File = file,
            StatusCode = status,
            RetryAfter = RetryAfter(response),
        };
    }

    /// <summary>No answer, or half of one.</summary>
    public HubException Unreachable(string? file, string what, Exception? cause = null) =>
        new(HubFailure.Unreachable, model.Id, $"{Subject(file)}: {what}.", cause) { File = file };

    /// <summary>An answer that cannot be used.</summary>
    public HubException Unexpected(string? file, string what, Exception? cause = null) =>
        new(HubFailure.UnexpectedAnswer, model.Id, $"{Subject(file)}: {what}.", cause) { File = file };

    private string Page => $"{options.Endpoint!.ToString().TrimEnd('/')}/{model.Id}";

    private string TokenPhrase => options.Token is { Length: > 0 } ? "a token" : "no token";

    private string NoSuchModel => $"the hub has no such model, or a private one that {(options.Token is { Length: > 0 } ? "the token does not open" : "needs a token")}";

    private string Subject(string? file) => file is null ? model.ToString() : $"{model}: {file}";

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is { } header)
        {
            return header.Delta ?? header.Date - options.TimeProvider.GetUtcNow();
        }

        // RateLimit: "api";r=0;t=55
        string? seconds = Header(response, "RateLimit")?.Split(';').Select(part => part.Trim()).FirstOrDefault(part => part.StartsWith("t=", StringComparison.Ordinal));
        return seconds is not null && int.TryParse(seconds.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int wait) ? TimeSpan.FromSeconds(wait) : null;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private static string Clip(string text) => new([.. text.Take(LongestMessage).Select(c => char.IsControl(c) ? ' ' : c)]);
}
