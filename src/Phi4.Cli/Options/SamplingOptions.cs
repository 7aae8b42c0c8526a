// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Phi4.Cli.Options;

/// <summary>How an answer is drawn and when it ends.</summary>
internal sealed class SamplingOptions
{
    private const string OfTheModel = "the model's own";

    private readonly Option<int?> _maxTokens;
    private readonly Option<int?> _minTokens;
    private readonly Option<float?> _temperature;
    private readonly Option<int?> _topK;
    private readonly Option<float?> _topP;
    private readonly Option<float?> _minP;
    private readonly Option<float?> _typicalP;
    private readonly Option<float?> _repeatPenalty;
    private readonly Option<float?> _presencePenalty;
    private readonly Option<float?> _frequencyPenalty;
    private readonly Option<long?> _seed;
    private readonly Option<string[]> _stop;
    private readonly Option<bool> _ignoreEnd;
    private readonly Option<int?> _logProbs;
    private readonly Option<Dictionary<int, float>?> _logitBias;
    private readonly ConstraintOptions _constraint;

    public SamplingOptions(OptionFactory factory)
    {
        _constraint = new ConstraintOptions(factory);
        _maxTokens = factory.Integer("--max-tokens", ["-n"], 1, int.MaxValue, "Most tokens of the answer.", "what the context leaves");
        _minTokens = factory.Integer("--min-tokens", [], 0, int.MaxValue, "Nothing ends the answer before this many tokens.", "0");
        _temperature = factory.Number(
            "--temperature", ["--temp"], "0 and more", x => x >= 0, "0 always takes the most probable token, 1 draws from the model's own distribution.",
            $"{OfTheModel}, else 0");
        _topK = factory.Integer("--top-k", [], 0, int.MaxValue, "Draw from the k most probable tokens; 0: from all.", $"{OfTheModel}, else 0");
        _topP = factory.Number(
            "--top-p", [], "above 0, up to 1", x => x is > 0 and <= 1, "Draw from the most probable tokens that together have this probability.",
            $"{OfTheModel}, else 1");
        _minP = factory.Number(
            "--min-p", [], "0 to 1", x => x is >= 0 and <= 1,
            "Draw from tokens at least this fraction as probable as the most probable one.", $"{OfTheModel}, else 0");
        _typicalP = factory.Number(
            "--typical-p", [], "above 0, up to 1", x => x is > 0 and <= 1,
            "Draw from the tokens of the most typical surprise that together have this probability; needs a temperature above 0.", $"{OfTheModel}, else 1");
        _repeatPenalty = factory.Number(
            "--repeat-penalty", [], "above 0", x => x > 0, "Makes tokens of prompt and answer less likely; 1 changes nothing.", $"{OfTheModel}, else 1");
        _presencePenalty = factory.Number(
            "--presence-penalty", [], "any finite number", _ => true, "Taken off the logit of each token that the answer already has.", "0");
        _frequencyPenalty = factory.Number(
            "--frequency-penalty", [], "any finite number", _ => true, "Taken off a token's logit for each time that the answer already has it.", "0");
        _seed = factory.Value<long>(
            "--seed", ["-s"], "N", "Names the stream of random numbers: the same seed gives the same answer.", "any 64-bit integer", "a random one",
            ReadSeed, "PHI4_SEED");
        _stop = new Option<string[]>("--stop")
        {
            HelpName = "TEXT",
            Description = "Ends the answer where this text appears in it, and leaves the text out. May be given up to "
                + FormattableString.Invariant($"{GenerationOptions.MaxStopStrings} times. Default: none."),
            Arity = ArgumentArity.OneOrMore,
        };
        _ignoreEnd = factory.Switch("--ignore-eos", [], "End tokens do not end the answer.");
        _logProbs = factory.Integer(
            "--logprobs", [], 0, GenerationOptions.MaxLogProbs, "Report log-probabilities, and the k most probable tokens with theirs (JSON output only).", "none");
        _logitBias = new Option<Dictionary<int, float>?>("--logit-bias")
        {
            HelpName = "ID=VALUE",
            Description = "Added to the logit of a token. Allowed: a token id, an equals sign, a finite number. May be repeated. Default: none.",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = ReadBias,
        };
    }

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _maxTokens, _minTokens, _temperature, _topK, _topP, _minP, _typicalP, _repeatPenalty, _presencePenalty, _frequencyPenalty,
            _seed, _stop, _ignoreEnd, _logProbs, _logitBias,
        ];
        foreach (Option option in all)
        {
            command.Add(option);
        }

        _constraint.AddTo(command);
    }

    public GenerationOptions Of(ParseResult parse) => new()
    {
        MaxTokens = parse.GetValue(_maxTokens),
        MinTokens = parse.GetValue(_minTokens) ?? 0,
        Temperature = parse.GetValue(_temperature),
        TopK = parse.GetValue(_topK),
        TopP = parse.GetValue(_topP),
        MinP = parse.GetValue(_minP),
        TypicalP = parse.GetValue(_typicalP),
        RepetitionPenalty = parse.GetValue(_repeatPenalty),
        PresencePenalty = parse.GetValue(_presencePenalty) ?? 0,
        FrequencyPenalty = parse.GetValue(_frequencyPenalty) ?? 0,
        Seed = parse.GetValue(_seed),
        StopStrings = parse.GetValue(_stop) is { Length: > 0 } stops ? stops : null,
        IgnoreEndTokens = parse.GetValue(_ignoreEnd),
        LogProbs = parse.GetValue(_logProbs),
        LogitBias = parse.GetValue(_logitBias),
        Constraint = _constraint.Of(parse),
    };

    private static bool ReadSeed(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static Dictionary<int, float>? ReadBias(ArgumentResult result)
    {
        var bias = new Dictionary<int, float>();
        foreach (Token token in result.Tokens)
        {
            string[] parts = token.Value.Split('=', 2);
            if (parts.Length != 2
                || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                || !float.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
                || !float.IsFinite(value))
            {
                result.AddError($"--logit-bias is \"{token.Value}\"; allowed: a token id, an equals sign, a finite number, as in 198=-5.");
                return null;
            }

            bias[id] = value;
        }

        return bias.Count > 0 ? bias : null;
    }
}
