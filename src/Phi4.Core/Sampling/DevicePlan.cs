// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.Sampling;

/// <summary>The plan by which a device chooses tokens, filled from what requests ask of their rows.</summary>
/// <param name="rowCapacity">Most rows.</param>
/// <param name="vocabSize">V.</param>
internal sealed class DevicePlan(int rowCapacity, int vocabSize)
{
    /// <summary>As the device reads it.</summary>
    public SamplingPlan Rows { get; } = new(rowCapacity, vocabSize);

    /// <summary>
    /// Adds the request's next row. False, with nothing added, where the choice is the host's: typical, constraints, reports, a top-k of thousands, or a plan that is full.
    /// </summary>
    public bool TryAdd(SamplerState state, int position)
    {
        bool isOfPlan = state is { TypicalP: >= 1, Constraint: null, LogProbCount: null } && state.VocabSize <= SamplingPlan.MostColumns
            && (state.TopK <= SamplingPlan.MostTopK || state.TopK >= state.VocabSize);
        SamplingRow row = new()
        {
            Seed = state.Seed,
            Position = position,
            TopK = state.TopK,
            Temperature = state.Temperature,
            TopP = state.TopP,
            MinP = state.MinP,
            RepetitionPenalty = state.RepetitionPenalty,
            FrequencyPenalty = state.FrequencyPenalty,
            PresencePenalty = state.PresencePenalty,
        };
        if (!isOfPlan || !TryAddMask(state, position, ref row) || !TryAddBiases(state, ref row) || !TryAddSeen(state, ref row))
        {
            return false;
        }

        Rows.Add(row);
        return true;
    }

    private bool TryAddMask(SamplerState state, int position, ref SamplingRow row)
    {
        bool holdsBackEnd = state.HoldsBackEnd(position);
        if (state.Allowed is null && state.Banned.Length == 0 && !holdsBackEnd)
        {
            return true;
        }

        if (!Rows.TryTakeMask(out Span<uint> bits, out row.AllowedAt))
        {
            return false;
        }

        bits.Fill(state.Allowed is null ? uint.MaxValue : 0);
        foreach (int id in state.Allowed ?? [])
        {
            bits[id / 32] |= 1u << (id % 32);
        }

        Remove(bits, state.Banned);
        Remove(bits, holdsBackEnd ? state.EndingIds : []);
        return true;
    }

    private static void Remove(Span<uint> bits, int[] ids)
    {
        foreach (int id in ids)
        {
            bits[id / 32] &= ~(1u << (id % 32));
        }
    }

    private bool TryAddBiases(SamplerState state, ref SamplingRow row)
    {
        row.BiasCount = state.Bias.Length;
        if (!Rows.TryTakeEntries(row.BiasCount, out Span<SamplingEntry> entries, out row.BiasesAt))
        {
            return false;
        }

        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new SamplingEntry(state.Bias[i].Key, state.Bias[i].Value);
        }

        return true;
    }

    private bool TryAddSeen(SamplerState state, ref SamplingRow row)
    {
        ReadOnlySpan<int> seen = state.SeenIds;
        row.SeenCount = seen.Length;
        if (!Rows.TryTakeEntries(seen.Length, out Span<SamplingEntry> entries, out row.SeenAt))
        {
            return false;
        }

        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new SamplingEntry(seen[i], (uint)state.GeneratedCount(seen[i]));
        }

        return true;
    }
}
