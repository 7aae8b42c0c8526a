// SPDX-License-Identifier: MIT
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Phi4.Core.Hub;

/// <summary>What a revision of a repository holds. Files whose paths could lead out of a folder are not in it.</summary>
internal sealed record HubListing(string Commit, IReadOnlyList<string> Files);

/// <summary>
/// The hub's protocol for one model: which files a revision has, what a file's size and hash are, and its bytes from some place on.
/// The token goes to the hub's own scheme, host and port and nowhere else.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MostRedirects = 6;
    private const int MostTextBytes = 64 << 20;

    private readonly HubModelName _model;
    private readonly HubOptions _options;
    private readonly string _root;
    private readonly HttpClient _http;

    public HubClient(HubModelName model, HubOptions options)
    {
        _model = model;
        _options = options;
        _root = options.Endpoint!.ToString().TrimEnd('/');
        Errors = new HubErrors(model, options);
        _http = options.Handler is { } handler ? new HttpClient(handler, disposeHandler: false) : new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.StallTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });
        _http.Timeout = Timeout.InfiniteTimeSpan; // a StallGuard watches instead: a large file may take hours
    }

    public HubErrors Errors { get; }

    /// <summary>The commit that the model's revision is now, and the paths of its files.</summary>
    public async Task<HubListing> ListAsync(CancellationToken cancellationToken)
    {
        Uri address = new($"{_root}/api/models/{_model.Id}/revision/{Uri.EscapeDataString(_model.Revision)}");
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, address, null, 0, cancellationToken).ConfigureAwait(false);
        Require(response, null);
        return ReadListing(await ReadAllAsync(response, null, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A file's size and hash, nothing of it in the cache yet.</summary>
    public async Task<HubFile> DescribeAsync(string commit, string path, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Head, AddressOf(commit, path), path, 0, cancellationToken).ConfigureAwait(false);
        if (!IsRedirect(response))
        {
            Require(response, path);
        }

        string? hash = HeaderOf(response, "X-Linked-ETag") ?? HeaderOf(response, "ETag");
        string? size = HeaderOf(response, "X-Linked-Size") ?? (IsRedirect(response) ? null : response.Content.Headers.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        hash = hash?.Replace("W/", "", StringComparison.Ordinal).Trim('"');
        if (hash is null || !BlobHash.IsHash(hash))
        {
            throw Errors.Unexpected(path, $"the hub names no hash that could be checked (found {hash ?? "none"})");
        }

        return long.TryParse(size, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long bytes)
            ? new HubFile(path, bytes, hash, 0)
            : throw Errors.Unexpected(path, $"the hub names no size (found {size ?? "none"})");
    }

    /// <summary>A small file as a whole.</summary>
    public async Task<byte[]> ReadAsync(string commit, string path, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, AddressOf(commit, path), path, 0, cancellationToken).ConfigureAwait(false);
        Require(response, path);
        return await ReadAllAsync(response, path, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A file from some byte on; the caller looks whether the answer is 200, 206 or 416, and disposes it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string commit, string path, long offset, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await SendAsync(HttpMethod.Get, AddressOf(commit, path), path, offset, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            Require(response, path);
        }

        return response;
    }

    public void Dispose() => _http.Dispose();

    private Uri AddressOf(string commit, string path) =>
        new($"{_root}/{_model.Id}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, string? file, long offset, CancellationToken cancellationToken)
    {
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            HttpResponseMessage response = await SendOnceAsync(method, address, file, offset, cancellationToken).ConfigureAwait(false);
            if (!IsRedirect(response) || response.Headers.Location is not { } location)
            {
                return response;
            }

            Uri next = new(address, location);
            bool isFinal = method == HttpMethod.Head && (HeaderOf(response, "X-Linked-ETag") is not null || !IsHub(next));
            if (isFinal)
            {
                return response; // the hub describes a file that it keeps elsewhere
            }

            response.Dispose();
            if (next.Scheme is not ("http" or "https") || (address.Scheme == "https" && next.Scheme == "http"))
            {
                throw Errors.Unexpected(file, $"the hub sends us to {next.Scheme}://{next.Host}, which is not followed");
            }

            address = next;
        }

        throw Errors.Unexpected(file, FormattableString.Invariant($"more than {MostRedirects} redirects"));
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, string? file, long offset, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("phi4-engine", typeof(HubClient).Assembly.GetName().Version?.ToString(3)));
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity")); // sizes and ranges are those of the file itself
        request.Headers.Range = offset > 0 ? new RangeHeaderValue(offset, null) : null;
        request.Headers.Authorization = _options.Token is { Length: > 0 } token && IsHub(address) ? new AuthenticationHeaderValue("Bearer", token) : null;
        using var guard = new StallGuard(_options, cancellationToken);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, guard.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (guard.HasStalled)
        {
            throw Errors.Unreachable(file, FormattableString.Invariant($"no answer from {address.Host} within {_options.StallTimeout.TotalSeconds:0.#} s"), e);
        }
        catch (HttpRequestException e)
        {
            throw Errors.Unreachable(file, $"no answer from {address.Host}: {e.Message.TrimEnd('.')}", e);
        }
    }

    private async Task<byte[]> ReadAllAsync(HttpResponseMessage response, string? file, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(_options, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(MostTextBytes, guard.Token).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(guard.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (guard.HasStalled || e is HttpRequestException or IOException)
        {
            throw Errors.Unreachable(file, $"the answer broke off: {e.Message.TrimEnd('.')}", e);
        }
    }

    private HubListing ReadListing(byte[] utf8)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8);
            string commit = document.RootElement.GetProperty("sha").GetString() ?? "";
            IEnumerable<string> files = document.RootElement.GetProperty("siblings").EnumerateArray().Select(file => file.GetProperty("rfilename").GetString() ?? "");
            return HubModelName.IsCommit(commit)
                ? new HubListing(commit, [.. files.Where(HubModelName.IsSafePath)])
                : throw Errors.Unexpected(null, $"the hub names a commit that is none: {commit}");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Errors.Unexpected(null, $"the hub's description of the model can't be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    private void Require(HttpResponseMessage response, string? file)
    {
        if (!response.IsSuccessStatusCode)
        {
            HubException error = Errors.Of(response, file);
            response.Dispose();
            throw error;
        }
    }

    private bool IsHub(Uri address) =>
        address.Scheme == _options.Endpoint!.Scheme && address.Port == _options.Endpoint.Port
        && string.Equals(address.Host, _options.Endpoint.Host, StringComparison.OrdinalIgnoreCase);

    private static bool IsRedirect(HttpResponseMessage response) => (int)response.StatusCode is 301 or 302 or 303 or 307 or 308;

    private static string? HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
