// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>
/// How one request is continued: length, choice of tokens, stops, reports. Immutable; make variants with <c>with</c>.
/// A null in <see cref="Temperature"/>, <see cref="TopK"/>, <see cref="TopP"/>, <see cref="MinP"/>, <see cref="TypicalP"/> or
/// <see cref="RepetitionPenalty"/> takes what the model's <c>generation_config.json</c> says, and where that is silent too, the value that the
/// property names. That file's token limit is not used: an answer is never cut by a number that nobody asked for.
/// </summary>
/// <remarks>
/// A token is chosen from the model's logits in this order: logit bias; masks (allowed, banned, minimum length, constraint); repetition penalty;
/// presence and frequency penalty; at temperature 0 the largest (the lowest id on ties), else temperature; top-k; typical; top-p; min-p; draw.
/// Each filter looks at the distribution, renormalised, that the one before it left; each keeps at least one token.
/// Nothing here is ignored: what cannot be honoured is refused by <see cref="Validate"/> with an <see cref="InvalidOptionsException"/>.
/// At temperature 0 the filters are honoured trivially, because none of them ever removes the most probable token.
/// <see cref="TypicalP"/> may: it is the one filter that is refused at temperature 0.
/// </remarks>
public sealed partial record GenerationOptions
{
    /// <summary>Most alternatives that <see cref="LogProbs"/> may ask for.</summary>
    public const int MaxLogProbs = 20;

    /// <summary>Most entries that <see cref="StopStrings"/> may hold.</summary>
    public const int MaxStopStrings = 64;

    /// <summary>Everything at its default: greedy unless the model's own configuration says otherwise, until an end token or the context is full.</summary>
    public static GenerationOptions Default { get; } = new();

    /// <summary>Most tokens to generate, at least 1; null for as many as the context leaves.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// Before this many tokens nothing ends the answer: end tokens and <see cref="StopTokenIds"/> cannot be chosen, <see cref="StopStrings"/>
    /// are not looked for. 0 or more, at most <see cref="MaxTokens"/>.
    /// </summary>
    public int MinTokens { get; init; }

    /// <summary>Divides the logits: 0 takes the most probable token always (greedy), 1 samples the model's distribution. Finite, 0 or more; null: the model's, else 0.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keep the k most probable tokens, the lower id on ties; 0 keeps all. 0 or more; null: the model's, else 0.</summary>
    public int? TopK { get; init; }

    /// <summary>
    /// Keep the fewest tokens, most probable first, whose probabilities sum to at least this (nucleus sampling, Holtzman et al. 2019).
    /// In (0, 1]; 1 keeps all; null: the model's, else 1.
    /// </summary>
    public float? TopP { get; init; }

    /// <summary>Keep tokens at least this fraction as probable as the most probable one (Nguyen et al. 2024). In [0, 1]; 0 keeps all; null: the model's, else 0.</summary>
    public float? MinP { get; init; }

    /// <summary>
    /// Keep the fewest tokens, those whose surprise is nearest the distribution's entropy first, whose probabilities sum to at least this
    /// (locally typical sampling, Meister et al. 2022). In (0, 1]; 1 keeps all; null: the model's, else 1. Below 1 it needs a temperature above 0.
    /// </summary>
    public float? TypicalP { get; init; }

    /// <summary>
    /// Divides positive and multiplies negative logits of every token seen in prompt or answer (CTRL, Keskar et al. 2019; as Hugging Face has it).
    /// Finite, above 0; 1 changes nothing; null: the model's, else 1.
    /// </summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Subtracted from the logit of every token seen in the answer (not the prompt), once. OpenAI's meaning. Finite; negative encourages.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted from the logit of a token for each time that it was seen in the answer (not the prompt). OpenAI's meaning. Finite; negative encourages.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of these ids before anything else. Ids below the vocabulary's size, finite values. A banned id stays banned.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Only these ids may be chosen; null for all. Not empty, and not wholly in <see cref="BannedTokens"/>.</summary>
    public IReadOnlyCollection<int>? AllowedTokens { get; init; }

    /// <summary>These ids are never chosen, even when allowed.</summary>
    public IReadOnlyCollection<int>? BannedTokens { get; init; }

    /// <summary>
    /// Names the stream of random numbers, any value; null takes a random one, which the result reports. The n-th token of an answer depends on
    /// its logits, these options, the seed and n alone: never on what else runs.
    /// </summary>
    public long? Seed { get; init; }

    /// <summary>
    /// What the text of the answer has to be; null for anything. The answer ends where the constraint must end, and end tokens and <see cref="StopTokenIds"/> can be chosen exactly
    /// where it may; a length or a stop string may cut it, and then the finish reason says so. Tokens that have to follow whatever the model thinks come without a step of the model
    /// (<see cref="GenerationUsage.ForcedTokens"/>). Not together with <see cref="MinTokens"/>, <see cref="AllowedTokens"/> or <see cref="BannedTokens"/>.
    /// </summary>
    public Constraint? Constraint { get; init; }

    /// <summary>
    /// Report log-probabilities: null for none, 0 for the chosen token, n for the n most probable ones as well; at most <see cref="MaxLogProbs"/>.
    /// They are the model's own (log-softmax of its logits), before bias, masks, penalties, temperature and filters.
    /// </summary>
    public int? LogProbs { get; init; }

    /// <summary>Ids that end the answer besides the model's end tokens. The id itself is reported, its text is not.</summary>
    public IReadOnlyCollection<int>? StopTokenIds { get; init; }

    /// <summary>
    /// Strings that end the answer where they first appear in its text, across token borders too; the string and what follows are cut off.
    /// Not empty, whole characters (no half surrogate pair), at most <see cref="MaxStopStrings"/> of them.
    /// </summary>
    public IReadOnlyList<string>? StopStrings { get; init; }

    /// <summary>The model's end tokens do not end the answer; <see cref="StopTokenIds"/>, <see cref="StopStrings"/> and lengths still do.</summary>
    public bool IgnoreEndTokens { get; init; }

    /// <summary>
    /// Whether the prompt may begin with keys and values that other requests have left in the cache, and leaves its own there: see <see cref="Phi4LoadOptions.PromptCache"/>. It changes no bit of
    /// an answer, only the time that it takes; who measures that time can learn whether somebody has asked something that begins alike, so requests of parties that must not know of each other
    /// set it to false.
    /// </summary>
    public bool PromptCache { get; init; } = true;

    /// <summary>
    /// These options with every null that the model may fill filled: with what its generation_config says, passed here, else with the value that
    /// changes nothing. Resolve first, then <see cref="Validate"/>: a combination may only show then.
    /// </summary>
    /// <param name="temperature">The model's own; null, which is greedy, when its file does not say <c>do_sample</c> (Hugging Face's meaning).</param>
    /// <param name="topK">The model's.</param>
    /// <param name="topP">The model's.</param>
    /// <param name="repetitionPenalty">The model's.</param>
    /// <param name="minP">The model's.</param>
    /// <param name="typicalP">The model's; part of its sampling, so left out where the resolved temperature is 0.</param>
    internal GenerationOptions Resolve(
        float? temperature = null, int? topK = null, float? topP = null, float? repetitionPenalty = null, float? minP = null, float? typicalP = null)
    {
        var resolvedTemperature = Temperature ?? temperature ?? 0;
        return this with
        {
            Temperature = resolvedTemperature,
            TopK = TopK ?? topK ?? 0,
            TopP = TopP ?? topP ?? 1,
            MinP = MinP ?? minP ?? 0,
            TypicalP = TypicalP ?? (resolvedTemperature == 0 ? 1 : typicalP ?? 1),
            RepetitionPenalty = RepetitionPenalty ?? repetitionPenalty ?? 1,
        };
    }
}
