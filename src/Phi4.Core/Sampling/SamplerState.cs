// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Core.Sampling.Constraints;

namespace Phi4.Core.Sampling;

/// <summary>
/// What choosing tokens for one request needs to remember: its options in a flat form, its seed, and the tokens seen so far.
/// Changed only by <see cref="Accept"/>; used by one thread at a time.
/// </summary>
internal sealed class SamplerState
{
    // A random seed stays below 2^53, so that every JSON reader gives it back exactly.
    private const long RandomSeedLimit = 1L << 53;

    // Penalties only: 0 for a token not seen, 1 for one in the prompt, 1 + n for one that the answer holds n times.
    private readonly int[]? _seenCount;
    private readonly int[] _seenIds = [];
    private int _seenIdCount;

    /// <summary>Takes a copy of what the options hold.</summary>
    /// <param name="options">Resolved and validated.</param>
    /// <param name="vocabSize">V.</param>
    /// <param name="promptIds">For the repetition penalty.</param>
    /// <param name="endingIds">Every id that would end the answer; held back until <see cref="GenerationOptions.MinTokens"/>.</param>
    /// <param name="constraint">What the answer has to be, or null.</param>
    public SamplerState(
        GenerationOptions options, int vocabSize, ReadOnlySpan<int> promptIds, IReadOnlyCollection<int> endingIds, ConstraintState? constraint = null)
    {
        Debug.Assert(
            options is { Temperature: not null, TopK: not null, TopP: not null, MinP: not null, TypicalP: not null, RepetitionPenalty: not null },
            "options are resolved first");
        VocabSize = vocabSize;
        Constraint = constraint;
        Seed = options.Seed ?? Random.Shared.NextInt64(RandomSeedLimit);
        Temperature = options.Temperature ?? 0;
        TopK = options.TopK ?? 0;
        TopP = options.TopP ?? 1;
        MinP = options.MinP ?? 0;
        TypicalP = options.TypicalP ?? 1;
        RepetitionPenalty = options.RepetitionPenalty ?? 1;
        PresencePenalty = options.PresencePenalty;
        FrequencyPenalty = options.FrequencyPenalty;
        LogProbCount = options.LogProbs;
        MinTokens = options.MinTokens;
        Bias = options.LogitBias is null ? [] : [.. options.LogitBias.OrderBy(entry => entry.Key)];
        Banned = options.BannedTokens is null ? [] : [.. options.BannedTokens.Distinct().Order()];
        Allowed = options.AllowedTokens is null ? null : [.. options.AllowedTokens.Except(Banned).Order()];
        EndingIds = MinTokens == 0 ? [] : [.. endingIds.Where(id => id >= 0 && id < vocabSize).Distinct().Order()];

        if (RepetitionPenalty == 1 && PresencePenalty == 0 && FrequencyPenalty == 0)
            return;
        _seenCount = new int[vocabSize];
        _seenIds = new int[vocabSize];
        foreach (var id in promptIds)
            See(id, 1);
    }

    public int VocabSize { get; }

    /// <summary>The request's, or the random one that stands in for it.</summary>
    public long Seed { get; }

    public float Temperature { get; }

    public int TopK { get; }

    public float TopP { get; }

    public float MinP { get; }

    public float TypicalP { get; }

    public float RepetitionPenalty { get; }

    public float PresencePenalty { get; }

    public float FrequencyPenalty { get; }

    /// <summary>Null for no report; else how many alternatives besides the chosen token.</summary>
    public int? LogProbCount { get; }

    public int MinTokens { get; }

    public KeyValuePair<int, float>[] Bias { get; }

    /// <summary>Null for all; else ascending, the banned ones taken out.</summary>
    public int[]? Allowed { get; }

    public int[] Banned { get; }

    public int[] EndingIds { get; }

    /// <summary>How far the answer has come in what it has to be; null for an answer that may be anything.</summary>
    public ConstraintState? Constraint { get; }

    /// <summary>Tokens seen in prompt and answer, each once; empty when no penalty is asked for.</summary>
    public ReadOnlySpan<int> SeenIds => _seenIds.AsSpan(0, _seenIdCount);

    /// <summary>The model's logits are not what is chosen from at this position.</summary>
    public bool Adjusts(int position)
        => Constraint is not null || Bias.Length > 0 || Banned.Length > 0 || Allowed is not null || _seenIdCount > 0 || HoldsBackEnd(position);

    public bool HoldsBackEnd(int position) => position < MinTokens && EndingIds.Length > 0;

    /// <summary>How often the answer holds a token that was seen.</summary>
    public int GeneratedCount(int id) => _seenCount is null ? 0 : Math.Max(0, _seenCount[id] - 1);

    /// <summary>The token becomes part of the answer.</summary>
    public void Accept(int id)
    {
        Constraint?.Accept(id);
        if (_seenCount is not null)
            See(id, 2);
    }

    private void See(int id, int firstValue)
    {
        ref var seen = ref _seenCount![id];
        if (seen == 0)
        {
            _seenIds[_seenIdCount++] = id;
            seen = firstValue;
        }
        else if (firstValue > 1)
        {
            seen++;
        }
    }
}
