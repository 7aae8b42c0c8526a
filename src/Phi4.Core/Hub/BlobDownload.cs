// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Phi4.Core.Files;

namespace Phi4.Core.Hub;

/// <summary>
/// Brings one file into the cache. What comes is written to the file's part at once and hashed on the way; a broken connection is continued where it broke, and so
/// is the part of an earlier run. A part becomes a blob when size and hash are right and its bytes are on the disk.
/// </summary>
internal sealed class BlobDownload(HubClient client, HubCache cache, HubOptions options, PullMeter meter, string commit, HubFile file) : IDisposable
{
    private const int BufferBytes = 1 << 17;

    private readonly Patience _patience = new(options.TimeProvider, Patience.OfDownloads, meter.Waits);
    private BlobHash _hash = new(file);
    private long _written;
    private long _furthest;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using FileStream taken = await HubLock.TakeAsync(cache.LockOf(file.Hash), options.TimeProvider, meter.Waits, cancellationToken).ConfigureAwait(false);
        if (cache.FindComplete(commit, file) is not null)
        {
            meter.Correct(file.Bytes - file.CachedBytes); // somebody else has brought it meanwhile
            cache.Publish(commit, file);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(cache.PartOf(file.Hash))!);
        await using (FileStream part = OpenPart())
        {
            await ResumeAsync(part, cancellationToken).ConfigureAwait(false);
            await FetchAsync(part, cancellationToken).ConfigureAwait(false);
            if (_hash.Current() != file.Hash)
            {
                // Once more from the beginning: an earlier run or a cache on the way may be to blame.
                Restart(part);
                await FetchAsync(part, cancellationToken).ConfigureAwait(false);
            }

            if (_hash.Current() is var found && found != file.Hash)
            {
                Restart(part);
                throw new DownloadMismatchException(cache.Model.Id, file.Path, _hash.Name, file.Hash, found);
            }

            WrittenFile.Settle(part.SafeFileHandle);
        }

        File.Move(cache.PartOf(file.Hash), cache.BlobOf(file.Hash), overwrite: true);
        cache.Publish(commit, file);
    }

    public void Dispose() => _hash.Dispose();

    // No buffer: what has come is in the file when the process dies.
    private FileStream OpenPart() => new(cache.PartOf(file.Hash), new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.ReadWrite,
        Share = FileShare.Read,
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
    });

    /// <summary>Takes over what an earlier run has left.</summary>
    private async Task ResumeAsync(FileStream part, CancellationToken cancellationToken)
    {
        long length = part.Length;
        if (length > file.Bytes)
        {
            part.SetLength(0);
            length = 0;
        }

        meter.Correct(length - file.CachedBytes); // it may have grown or gone since it was measured
        await _hash.AppendAsync(part, length, cancellationToken).ConfigureAwait(false);
        _written = _furthest = length;
    }

    private void Restart(FileStream part)
    {
        meter.Correct(-_written);
        part.SetLength(0);
        part.Position = 0;
        _hash.Dispose();
        _hash = new BlobHash(file);
        _written = 0;
        _furthest = 0;
    }

    /// <summary>Until the part has the file's size.</summary>
    private async Task FetchAsync(FileStream part, CancellationToken cancellationToken)
    {
        while (_written < file.Bytes)
        {
            try
            {
                await FetchOnceAsync(part, cancellationToken).ConfigureAwait(false);
            }
            catch (HubException e)
            {
                await _patience.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task FetchOnceAsync(FileStream part, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await client.OpenAsync(commit, file.Path, _written, cancellationToken).ConfigureAwait(false);
        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent:
                RequireSize(range?.Length);
                RequireStart(range?.From);
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                RequireSize(range?.Length);
                throw client.Errors.Unexpected(file.Path, FormattableString.Invariant($"asked for bytes from {_written:N0} on, and was refused (HTTP 416)"));
            default:
                RequireSize(response.Content.Headers.ContentLength);
                long furthest = _furthest;
                Restart(part); // the whole file comes, whatever part of it was asked for
                _furthest = furthest;
                break;
        }

        await CopyAsync(response, part, cancellationToken).ConfigureAwait(false);
    }

    private async Task CopyAsync(HttpResponseMessage response, FileStream part, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(options, cancellationToken);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            Stream body = await response.Content.ReadAsStreamAsync(guard.Token).ConfigureAwait(false);
            while (await ReadAsync(body, buffer, guard).ConfigureAwait(false) is > 0 and var count)
            {
                RequireSize(_written + count > file.Bytes ? _written + count : file.Bytes);
                await part.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                _hash.Append(buffer.AsSpan(0, count));
                _written += count;
                meter.Add(count);
                if (_written > _furthest)
                {
                    _furthest = _written;
                    _patience.Restore(); // more than ever before: not the same failure again and again
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (_written < file.Bytes)
        {
            throw BrokenOff("the connection ended", null);
        }
    }

    private async Task<int> ReadAsync(Stream body, byte[] buffer, StallGuard guard)
    {
        try
        {
            int count = await body.ReadAsync(buffer, guard.Token).ConfigureAwait(false);
            guard.Restart();
            return count;
        }
        catch (OperationCanceledException e) when (guard.HasStalled)
        {
            throw BrokenOff(FormattableString.Invariant($"nothing came for {options.StallTimeout.TotalSeconds:0.#} s"), e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw BrokenOff(e.Message.TrimEnd('.'), e);
        }
    }

    private HubException BrokenOff(string what, Exception? cause) =>
        client.Errors.Unreachable(file.Path, FormattableString.Invariant($"{what} after {_written:N0} of {file.Bytes:N0} bytes"), cause);

    private void RequireStart(long? from)
    {
        if (from != _written)
        {
            throw client.Errors.Unexpected(file.Path, FormattableString.Invariant($"asked for bytes from {_written:N0} on, got some from {from ?? -1:N0} on"));
        }
    }

    private void RequireSize(long? bytes)
    {
        if (bytes is { } found && found != file.Bytes)
        {
            throw new DownloadMismatchException(
                cache.Model.Id, file.Path, "bytes", file.Bytes.ToString(CultureInfo.InvariantCulture), found.ToString(CultureInfo.InvariantCulture));
        }
    }
}
