// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4;

public sealed partial record GenerationOptions
{
    /// <summary>Refuses what cannot be honoured; called at the door of every request, and by anybody who wants to know sooner.</summary>
    /// <param name="vocabSize">V: ids are below it.</param>
    /// <param name="endTokenIds">The model's end tokens, which <see cref="MinTokens"/> holds back.</param>
    /// <exception cref="InvalidOptionsException">An impossible value or combination; names the option, its value and what is allowed.</exception>
    public void Validate(int vocabSize, IReadOnlyCollection<int>? endTokenIds = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabSize);
        ValidateLengths();
        ValidateDistribution();
        ValidateTokens(vocabSize, endTokenIds ?? []);
        ValidateStopStrings();
        ValidateConstraint();
    }

    private void ValidateConstraint()
    {
        const string None = "none beside a Constraint, which says itself what may come and when it ends";
        Require(Constraint is null || MinTokens == 0, nameof(MinTokens), MinTokens, None);
        Require(Constraint is null || AllowedTokens is null, nameof(AllowedTokens), AllowedTokens, None);
        Require(Constraint is null || BannedTokens is null, nameof(BannedTokens), BannedTokens, None);
    }

    private void ValidateLengths()
    {
        Require(MaxTokens is null or >= 1, nameof(MaxTokens), MaxTokens, "at least 1, or null");
        Require(MinTokens >= 0, nameof(MinTokens), MinTokens, "at least 0");
        if (MaxTokens is { } max)
            Require(MinTokens <= max, nameof(MinTokens), MinTokens, string.Create(CultureInfo.InvariantCulture, $"at most MaxTokens, which is {max}"));
        Require(LogProbs is null or (>= 0 and <= MaxLogProbs), nameof(LogProbs), LogProbs, $"0 to {MaxLogProbs}, or null");
    }

    // Every comparison is written so that NaN fails it.
    private void ValidateDistribution()
    {
        Require(Temperature is null || (float.IsFinite(Temperature.Value) && Temperature >= 0), nameof(Temperature), Temperature, "finite, at least 0");
        Require(TopK is null or >= 0, nameof(TopK), TopK, "at least 0 (0 keeps all)");
        Require(TopP is null or (> 0 and <= 1), nameof(TopP), TopP, "above 0, at most 1");
        Require(MinP is null or (>= 0 and <= 1), nameof(MinP), MinP, "at least 0, at most 1");
        Require(TypicalP is null or (> 0 and <= 1), nameof(TypicalP), TypicalP, "above 0, at most 1");
        Require(TypicalP is null or 1 || Temperature is not 0, nameof(TypicalP), TypicalP, "1 when Temperature is 0: typical sampling may drop the most probable token");
        Require(RepetitionPenalty is null || (float.IsFinite(RepetitionPenalty.Value) && RepetitionPenalty > 0),
            nameof(RepetitionPenalty), RepetitionPenalty, "finite, above 0");
        Require(float.IsFinite(PresencePenalty), nameof(PresencePenalty), PresencePenalty, "finite");
        Require(float.IsFinite(FrequencyPenalty), nameof(FrequencyPenalty), FrequencyPenalty, "finite");
    }

    private void ValidateTokens(int vocabSize, IReadOnlyCollection<int> endTokenIds)
    {
        foreach (var (id, bias) in LogitBias ?? new Dictionary<int, float>())
        {
            RequireId(id, nameof(LogitBias), vocabSize);
            Require(float.IsFinite(bias), nameof(LogitBias), bias, $"finite for id {id} (BannedTokens bans)");
        }

        RequireIds(AllowedTokens, nameof(AllowedTokens), vocabSize);
        RequireIds(BannedTokens, nameof(BannedTokens), vocabSize);
        RequireIds(StopTokenIds, nameof(StopTokenIds), vocabSize);
        Require(AllowedTokens is null or { Count: > 0 }, nameof(AllowedTokens), AllowedTokens, "at least one id, or null");

        if (AllowedTokens is null && BannedTokens is null && MinTokens == 0)
            return;
        var banned = new HashSet<int>(BannedTokens ?? []);
        Require(AnyLeft(vocabSize, banned), nameof(BannedTokens), BannedTokens, "fewer: nothing is left to choose from");
        if (MinTokens == 0)
            return;
        banned.UnionWith(StopTokenIds ?? []);
        if (!IgnoreEndTokens)
            banned.UnionWith(endTokenIds.Where(id => id >= 0 && id < vocabSize));
        Require(AnyLeft(vocabSize, banned), nameof(MinTokens), MinTokens, "0 when every token that may be chosen ends the answer");
    }

    private bool AnyLeft(int vocabSize, HashSet<int> banned)
        => AllowedTokens is null ? banned.Count < vocabSize : AllowedTokens.Any(id => !banned.Contains(id));

    private void ValidateStopStrings()
    {
        if (StopStrings is null)
            return;
        Require(StopStrings.Count <= MaxStopStrings, nameof(StopStrings), StopStrings.Count, $"at most {MaxStopStrings} strings");
        foreach (var stop in StopStrings)
        {
            Require(!string.IsNullOrEmpty(stop), nameof(StopStrings), stop, "strings that are not empty");
            Require(IsWholeText(stop), nameof(StopStrings), stop, "whole characters: text never holds half a surrogate pair");
        }
    }

    private static bool IsWholeText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    private static void RequireIds(IReadOnlyCollection<int>? ids, string option, int vocabSize)
    {
        foreach (var id in ids ?? [])
            RequireId(id, option, vocabSize);
    }

    private static void RequireId(int id, string option, int vocabSize)
        => Require(id >= 0 && id < vocabSize, option, id, string.Create(CultureInfo.InvariantCulture, $"token ids 0 to {vocabSize - 1}"));

    private static void Require(bool holds, string option, object? value, string allowed)
    {
        if (!holds)
            throw new InvalidOptionsException(option, value, allowed);
    }
}
