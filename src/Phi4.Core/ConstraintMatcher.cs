// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling.Constraints;

namespace Phi4;

/// <summary>
/// Follows a <see cref="Constraint"/> token by token, for who chooses tokens by hand, with <see cref="Phi4Sequence"/> or another sampler. Made by
/// <see cref="Phi4Model.CreateMatcher"/>. Not thread-safe; matchers of one constraint share what it has found out, and may be used at once.
/// </summary>
public sealed class ConstraintMatcher
{
    private readonly ConstraintState _state;

    internal ConstraintMatcher(ConstraintState state) => _state = state;

    /// <summary>The text may end here: end tokens are allowed.</summary>
    public bool MayEnd => _state.MayEnd;

    /// <summary>The text is complete, and nothing may follow.</summary>
    public bool MustEnd => _state.MustEnd;

    /// <summary>Tokens that have to follow whatever the model thinks, spelled as the tokenizer would; empty where there is a choice. Accepting them is up to the caller.</summary>
    public IReadOnlyList<int> ForcedTokens => _state.Forced.ToArray();

    /// <summary>Whether a token may come next.</summary>
    public bool Allows(int tokenId) => _state.Allows(tokenId);

    /// <summary>Copies the logits of tokens that may come next; the others become negative infinity.</summary>
    /// <param name="logits">[V], such as <see cref="Phi4Sequence.Forward"/> gives.</param>
    /// <param name="destination">[V], another memory.</param>
    public void Mask(ReadOnlySpan<float> logits, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, _state.VocabSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, _state.VocabSize);
        if (logits.Overlaps(destination))
        {
            throw new ArgumentException("Logits and destination share memory.", nameof(destination));
        }

        _state.Copy(destination, logits);
    }

    /// <summary>The token becomes part of the text.</summary>
    /// <exception cref="InvalidOperationException">It may not come here; nothing has changed.</exception>
    public void Accept(int tokenId) => _state.Accept(tokenId);

    /// <summary>A second matcher that goes on from here on its own.</summary>
    public ConstraintMatcher Fork() => new(_state.Clone());
}
