// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Generation;
using Phi4.Core.State;

namespace Phi4;

/// <summary>
/// One sequence with its keys and values in the cache, to be driven by hand: append tokens, get logits, fork, go back.
/// Its pages are its own until <see cref="Dispose"/>. Not thread-safe; different sequences of one model may run at once.
/// </summary>
public sealed class Phi4Sequence : IDisposable
{
    private readonly Engine _engine;
    private readonly List<int> _tokens;
    private readonly PageTable _pages;
    private readonly float[] _logits;
    private ForwardRequest? _request;
    private bool _logitsAreCurrent;
    private bool _disposed;

    internal Phi4Sequence(Engine engine, int vocabSize)
        : this(engine, [], new PageTable(KvCache.PagesFor(engine.Limits.ContextLength)), new float[vocabSize])
    {
    }

    private Phi4Sequence(Engine engine, List<int> tokens, PageTable pages, float[] logits)
    {
        _engine = engine;
        _tokens = tokens;
        _pages = pages;
        _logits = logits;
    }

    /// <summary>The tokens so far.</summary>
    public IReadOnlyList<int> TokenIds => _tokens;

    /// <summary>Adds tokens at the end; they are computed by the next <see cref="Forward"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id outside the vocabulary; nothing was added.</exception>
    /// <exception cref="ContextLengthExceededException">The sequence would outgrow the context; nothing was added.</exception>
    public void Append(params ReadOnlySpan<int> tokenIds)
    {
        ThrowIfBusy();
        TokenRange.ThrowIfOutside(tokenIds, _logits.Length);
        if (_tokens.Count + tokenIds.Length > _engine.Limits.ContextLength)
        {
            throw new ContextLengthExceededException(_tokens.Count + tokenIds.Length, _engine.Limits.ContextLength);
        }

        _tokens.AddRange(tokenIds);
        _logitsAreCurrent &= tokenIds.IsEmpty;
    }

    /// <summary>Logits after the last token, [V]; computes what has been appended since the last call. Valid until the next call on this sequence.</summary>
    /// <exception cref="InvalidOperationException">The sequence is empty.</exception>
    /// <exception cref="KvCacheFullException">No room in the cache, and none to come.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its model is disposed.</exception>
    public ReadOnlySpan<float> Forward()
    {
        ForwardAsync(CancellationToken.None).GetAwaiter().GetResult();
        return _logits;
    }

    /// <summary>As <see cref="Forward"/>, without holding up the caller's thread. A cancelled call leaves the sequence usable.</summary>
    public async Task<ReadOnlyMemory<float>> ForwardAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfBusy();
        if (_tokens.Count == 0)
        {
            throw new InvalidOperationException("An empty sequence has no logits: append at least one token.");
        }

        if (!_logitsAreCurrent)
        {
            _request = new ForwardRequest(CollectionsMarshal.AsSpan(_tokens), _pages, _logits, cancellationToken);
            _engine.Submit(_request);
            await _request.Completion.ConfigureAwait(false);
            _logitsAreCurrent = true;
        }

        return _logits;
    }

    /// <summary>A second sequence that continues from here on its own. Both share the cached past; only what is appended takes room.</summary>
    public Phi4Sequence Fork()
    {
        ThrowIfBusy();
        var pages = new PageTable();
        _engine.Invoke(cache => pages = cache.Fork(_pages));
        return new Phi4Sequence(_engine, [.. _tokens], pages, (float[])_logits.Clone()) { _logitsAreCurrent = _logitsAreCurrent };
    }

    /// <summary>A copy of the tokens, and pages that share what is cached of all but the last of them. They are the caller's to give back.</summary>
    internal (int[] Tokens, PageTable Past) Share()
    {
        ThrowIfBusy();
        if (_tokens.Count == 0)
        {
            throw new InvalidOperationException("An empty sequence has nothing to answer: append at least one token.");
        }

        if (_tokens.Count >= _engine.Limits.ContextLength)
        {
            throw new ContextLengthExceededException(_tokens.Count + 1, _engine.Limits.ContextLength);
        }

        var past = new PageTable();
        _engine.Invoke(cache =>
        {
            past = cache.Fork(_pages);
            cache.Truncate(past, Math.Min(past.Length, _tokens.Count - 1)); // the last token is computed again, for its logits
        });
        return ([.. _tokens], past);
    }

    internal bool RunsOn(Engine engine) => ReferenceEquals(engine, _engine);

    /// <summary>Forgets the tokens from index <paramref name="length"/> on.</summary>
    /// <param name="length">Tokens to keep, 0 to the number there are.</param>
    public void Truncate(int length)
    {
        ThrowIfBusy();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _tokens.Count);
        if (length < _tokens.Count)
        {
            _tokens.RemoveRange(length, _tokens.Count - length);
            _logitsAreCurrent = false;
            int kept = Math.Max(length - 1, 0); // the last token is computed again, for its logits
            _engine.Invoke(cache => cache.Truncate(_pages, Math.Min(kept, _pages.Length)));
        }
    }

    /// <summary>Gives the pages back. Does nothing the second time, or after the model is disposed.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _engine.Release(_pages, _request);
        }
    }

    private void ThrowIfBusy()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_request is { Completion.IsCompleted: false })
        {
            throw new InvalidOperationException("The sequence is still computing: wait for ForwardAsync before using it again.");
        }
    }
}
