// SPDX-License-Identifier: MIT
namespace Phi4.Core.Sampling.Constraints;

/// <summary>How far one answer has come in its constraint. One thread at a time.</summary>
internal sealed class ConstraintState
{
    private readonly CompiledConstraint _constraint;
    private readonly int[] _endIds;
    private ParserState _state;

    /// <param name="constraint">For the model's vocabulary.</param>
    /// <param name="endIds">Tokens that end the answer; they may be chosen exactly where the text may end.</param>
    public ConstraintState(CompiledConstraint constraint, IEnumerable<int> endIds)
        : this(constraint, [.. endIds.Where(id => id >= 0 && id < constraint.VocabSize).Distinct().Order()], constraint.Start)
    {
    }

    private ConstraintState(CompiledConstraint constraint, int[] endIds, ParserState state)
    {
        _constraint = constraint;
        _endIds = endIds;
        _state = state;
    }

    public int VocabSize => _constraint.VocabSize;

    /// <summary>The text may end here.</summary>
    public bool MayEnd => _state.ReachesBottom;

    /// <summary>The text is complete and nothing may follow.</summary>
    public bool MustEnd => _state is { ReachesBottom: true, Items.Length: 0 };

    /// <summary>Tokens that have to follow, in the tokenizer's spelling; empty where the model has a choice.</summary>
    public ReadOnlySpan<int> Forced => _constraint.ForcedAfter(_state);

    public ConstraintState Clone() => new(_constraint, _endIds, _state);

    public bool Allows(int token) => (uint)token < (uint)VocabSize && (Array.BinarySearch(_endIds, token) >= 0 ? MayEnd : _constraint.MaskOf(_state).Contains(token));

    /// <summary>Copies the logits of the tokens that may follow; the others become negative infinity.  destination, logits [V].</summary>
    /// <exception cref="ConstraintException">No token spells what has to follow.</exception>
    public void Copy(Span<float> destination, ReadOnlySpan<float> logits)
    {
        TokenMask mask = _constraint.MaskOf(_state);
        if (mask.Count == 0 && !MayEnd)
        {
            throw new ConstraintException("the vocabulary has no token for any text that may follow.", "constraint");
        }

        mask.Copy(destination, logits);
        foreach (int id in _endIds)
        {
            destination[id] = MayEnd ? logits[id] : float.NegativeInfinity;
        }
    }

    /// <summary>The token becomes part of the answer. End tokens leave the state as it is.</summary>
    /// <exception cref="InvalidOperationException">It may not follow.</exception>
    public void Accept(int token)
    {
        if (Array.BinarySearch(_endIds, token) < 0)
        {
            _state = _constraint.After(_state, token) ?? throw new InvalidOperationException($"Token {token} may not follow here.");
        }
        else if (!MayEnd)
        {
            throw new InvalidOperationException($"Token {token} would end the text where it may not end.");
        }
    }
}
