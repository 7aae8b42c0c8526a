// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Phi4.TestSupport.Hub;

/// <summary>A request as it came.</summary>
public sealed record StubRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The first byte asked for; 0 without a range.</summary>
    public int From => Headers.TryGetValue("Range", out string? range)
        ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture)
        : 0;

    public string? Authorization => Headers.GetValueOrDefault("Authorization");
}

/// <summary>An answer, and how it goes wrong.</summary>
public sealed record StubResponse(int Status, byte[] Body)
{
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>What Content-Length says; null for the truth.</summary>
    public long? SaidLength { get; init; }

    /// <summary>Bytes after which the connection is closed.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Bytes after which nothing comes any more.</summary>
    public int? SilentAfter { get; init; }

    /// <summary>A pause after each 4 KiB.</summary>
    public TimeSpan Pause { get; init; }

    public static StubResponse Error(int status, params (string Name, string Value)[] headers) => new(status, []) { Headers = headers };
}

/// <summary>HTTP/1.1 on the loopback, one request a connection, close enough to the wire to break rules on purpose.</summary>
public sealed class StubServer : IDisposable
{
    private const int PieceBytes = 4096;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<StubRequest, StubResponse> _answer;

    public StubServer(Func<StubRequest, StubResponse> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _listener.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                NetworkStream stream = client.GetStream();
                StubRequest request = await ReadAsync(stream);
                await WriteAsync(stream, request, _answer(request));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side has gone.
        }
    }

    private async Task<StubRequest> ReadAsync(NetworkStream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (head.Count < 4 || !head[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                throw new IOException("closed");
            }

            head.Add(one[0]);
        }

        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        return new StubRequest(
            first[0], first[1], lines[1..].Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase));
    }

    private async Task WriteAsync(NetworkStream stream, StubRequest request, StubResponse response)
    {
        var head = new StringBuilder(FormattableString.Invariant($"HTTP/1.1 {response.Status} Stub\r\nConnection: close\r\nContent-Length: {response.SaidLength ?? response.Body.Length}\r\n"));
        foreach ((string name, string value) in response.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
        int end = request.Method == "HEAD" ? 0 : Math.Min(response.Body.Length, Math.Min(response.CutAfter ?? int.MaxValue, response.SilentAfter ?? int.MaxValue));
        for (int at = 0; at < end; at += PieceBytes)
        {
            await stream.WriteAsync(response.Body.AsMemory(at, Math.Min(PieceBytes, end - at)), _stop.Token);
            if (response.Pause > TimeSpan.Zero)
            {
                await Task.Delay(response.Pause, _stop.Token);
            }
        }

        if (response.SilentAfter is not null)
        {
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }
    }
}
