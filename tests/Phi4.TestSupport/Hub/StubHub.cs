// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Phi4.TestSupport.Hub;

/// <summary>
/// A hub of one model, as Hugging Face's behaves: a listing, small files by itself, large files at another host to which it redirects. Both servers' answers can be changed.
/// </summary>
public sealed class StubHub : IDisposable
{
    /// <summary>The commit that every revision is.</summary>
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly Dictionary<string, byte[]> _files;
    private readonly StubServer _hub;
    private readonly StubServer _store;

    public StubHub(string model, Dictionary<string, byte[]> files)
    {
        Model = model;
        _files = files;
        _hub = new StubServer(request => Answer(request, Requests, Hub));
        _store = new StubServer(request => Answer(request, StoreRequests, Store));
    }

    /// <summary>A hub of a folder's files.</summary>
    public static StubHub OfFolder(string model, string folder) =>
        new(model, Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes));

    public string Model { get; }

    public Uri Address => new($"http://127.0.0.1:{_hub.Port}");

    /// <summary>The other host's address, as redirects name it.</summary>
    public string StoreAddress => $"http://localhost:{_store.Port}";

    /// <summary>What the hub itself was asked.</summary>
    public ConcurrentQueue<StubRequest> Requests { get; } = new();

    /// <summary>What the other host was asked.</summary>
    public ConcurrentQueue<StubRequest> StoreRequests { get; } = new();

    /// <summary>Changes the right answer to a request; null for none.</summary>
    public Func<StubRequest, StubResponse, StubResponse>? Change { get; set; }

    public static bool IsLarge(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal) || file.EndsWith(".gguf", StringComparison.Ordinal);

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "It is the hash that git names files by.")]
    public static string HashOf(string file, byte[] content) => Convert.ToHexStringLower(
        IsLarge(file) ? SHA256.HashData(content) : SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    public void Dispose()
    {
        _hub.Dispose();
        _store.Dispose();
    }

    private StubResponse Answer(StubRequest request, ConcurrentQueue<StubRequest> log, Func<StubRequest, StubResponse> answer)
    {
        log.Enqueue(request);
        StubResponse right = answer(request);
        return Change?.Invoke(request, right) ?? right;
    }

    private StubResponse Hub(StubRequest request)
    {
        if (request.Path.StartsWith($"/api/models/{Model}/revision/", StringComparison.Ordinal))
        {
            return new StubResponse(200, JsonSerializer.SerializeToUtf8Bytes(new
            {
                sha = Commit,
                siblings = _files.Keys.Select(file => new { rfilename = file }),
            }));
        }

        string prefix = $"/{Model}/resolve/{Commit}/";
        string file = Uri.UnescapeDataString(request.Path.StartsWith(prefix, StringComparison.Ordinal) ? request.Path[prefix.Length..] : "");
        if (!_files.TryGetValue(file, out byte[]? content))
        {
            return StubResponse.Error(404, ("X-Error-Code", file.Length > 0 ? "EntryNotFound" : "RepoNotFound"));
        }

        string hash = HashOf(file, content);
        return IsLarge(file)
            ? new StubResponse(302, [])
            {
                Headers =
                [
                    ("Location", $"{StoreAddress}/{file}"), ("X-Linked-ETag", $"\"{hash}\""),
                    ("X-Linked-Size", content.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("ETag", "\"of-the-pointer\""),
                ],
            }
            : Content(request, content) with { Headers = [("ETag", $"W/\"{hash}\"")] };
    }

    private StubResponse Store(StubRequest request) => Content(request, _files[Uri.UnescapeDataString(request.Path[1..])]);

    private static StubResponse Content(StubRequest request, byte[] content) => request.From == 0
        ? new StubResponse(200, content)
        : new StubResponse(206, content[request.From..])
        {
            Headers = [("Content-Range", FormattableString.Invariant($"bytes {request.From}-{content.Length - 1}/{content.Length}"))],
        };
}
